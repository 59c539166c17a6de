-- What a first load writes by the hundred megabytes. What is stored already stays as it is: both are read alike.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)) THEN
        RETURN;
    END IF;
    ALTER TABLE jira_issues
        ALTER description SET COMPRESSION lz4,
        ALTER description_adf SET COMPRESSION lz4,
        ALTER environment SET COMPRESSION lz4,
        ALTER custom_fields SET COMPRESSION lz4,
        ALTER custom_raw SET COMPRESSION lz4;
    ALTER TABLE comments ALTER body SET COMPRESSION lz4;
    ALTER TABLE confluence_pages ALTER body_storage SET COMPRESSION lz4;
END;
$$;
