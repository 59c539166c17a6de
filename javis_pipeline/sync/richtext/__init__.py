"""Rich text without I/O: ADF documents and storage XHTML, edited and merged block by block."""
