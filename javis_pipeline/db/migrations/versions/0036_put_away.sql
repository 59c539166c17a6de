-- Only a row that is deleted while that is switched on is put away there; what was hidden before stays hidden.
ALTER TABLE public.jira_issues ADD removal text
    CONSTRAINT jira_issues_removal_is_known CHECK (removal IN ('archive', 'delete', 'done'));
ALTER TABLE public.confluence_pages ADD removal text
    CONSTRAINT confluence_pages_removal_is_known CHECK (removal IN ('archive', 'delete', 'done'));
COMMENT ON COLUMN public.jira_issues.removal IS 'of a row that was deleted here: what becomes of it in Jira, or done; NULL: it is hidden here only';
COMMENT ON COLUMN public.confluence_pages.removal IS 'of a row that was deleted here: what becomes of it in Confluence, or done; NULL: it is hidden here only';
CREATE INDEX jira_issues_to_put_away ON public.jira_issues (project_key) WHERE removal IN ('archive', 'delete');
CREATE INDEX confluence_pages_to_put_away ON public.confluence_pages (space_key) WHERE removal IN ('archive', 'delete');

ALTER TABLE public.sync_policies DROP CONSTRAINT sync_policies_verb_is_known;
ALTER TABLE public.sync_policies ADD CONSTRAINT sync_policies_verb_is_known
    CHECK (verb IN ('send', 'read_restricted', 'create', 'comments', 'worklogs', 'links', 'delete'));
ALTER TABLE public.sync_policies DROP CONSTRAINT sync_policies_policy_is_known;
ALTER TABLE public.sync_policies ADD CONSTRAINT sync_policies_policy_is_known
    CHECK (policy IN ('on', 'off') OR (verb = 'delete' AND policy IN ('archive', 'delete')));
COMMENT ON TABLE public.sync_policies IS 'send off: nothing goes to the remote, by the scope''s row or that of ''*''; read_restricted on: javis_read sees restricted texts; create on: rows may be inserted in the scope; comments on: comments are written here too; delete archive, delete: what is deleted here is put away there so';
