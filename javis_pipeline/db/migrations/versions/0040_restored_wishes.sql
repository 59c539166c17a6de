ALTER TABLE public.sync_creates ADD restored_at timestamptz;
COMMENT ON COLUMN public.sync_creates.restored_at IS 'when a backup was restored that held this as open: until then it may have been asked for, which nobody noted';
