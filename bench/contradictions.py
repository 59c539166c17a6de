"""Does a work context, or the advice that the rules make of it, ever contradict itself?

At 200 instants of each corpus the context is made from what was known then, and the advice from that; both are held
against what no context and no advice may say.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from bench.corpora import Corpus, contexts, read_projects
from javis_pipeline.context.thresholds import Thresholds
from javis_pipeline.records.context import WorkContext
from javis_pipeline.records.suggestion import Vocabulary
from javis_pipeline.suggestions.rules import rules_advice
from javis_pipeline_tests.advice_laws import faults_of
from javis_pipeline_tests.contradictions import contradictions

_INSTANTS: Final = 200
_SHOWN: Final = 20
# In the order of the trackers that the corpora come from.
_PRIORITIES: Final = ("Blocker", "Critical", "Highest", "High", "Medium", "Low", "Lowest", "Trivial", "None")


def measure(files: Sequence[Path], *, instants: int = _INSTANTS) -> int:
    """Print how many contexts and suggestions were looked at, and what is wrong with them; 1 when something is."""
    if not files:
        print("contradictions: name corpus files, as `javis sandbox --load` reads them")
        return 0
    missed = 0
    print(f"| corpus | contexts | findings | suggestions | contradictions |\n|{'---|' * 5}")
    for corpus in read_projects(files):
        looked, findings, suggestions, wrong = 0, 0, 0, list[str]()
        for context, told, faults in _judged(corpus, instants):
            looked, findings, suggestions = looked + 1, findings + len(context.risks), suggestions + told
            wrong += [f"{corpus.name} {context.today}: {each}" for each in faults]
        print(f"| {corpus.name} | {looked} | {findings} | {suggestions} | {len(wrong)} |", flush=True)
        print("\n".join(wrong[:_SHOWN]), end="\n" if wrong else "")
        missed |= bool(wrong)
    return int(missed)


def _judged(corpus: Corpus, instants: int) -> Iterator[tuple[WorkContext, int, list[str]]]:
    """Each context, how many suggestions were made of it, and what is wrong with either."""
    for _, context in contexts(corpus, instants=instants, thresholds=Thresholds()):
        words = _vocabulary(context)
        advice = rules_advice(context, words)
        yield context, len(advice.suggestions), [*contradictions(context), *faults_of(advice, context, words)]


def _vocabulary(context: WorkContext) -> Vocabulary:
    """What the project's own tables would allow, as far as the corpus tells."""
    used = {issue.priority for issue in context.issues if issue.priority}
    ranked = tuple(name for name in _PRIORITIES if name in used)
    return Vocabulary(ranked, frozenset(person.account_id for person in context.people))
