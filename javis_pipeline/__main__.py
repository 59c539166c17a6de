"""`python -m javis_pipeline` is `javis`."""

from javis_pipeline.cli import main

main(prog_name="javis")
