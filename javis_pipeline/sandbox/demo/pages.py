"""The demo's Confluence: what the teams wrote down. `Text` holds the marks of `markup`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from javis_pipeline.sandbox.confluence.site import ConfluenceSite
from javis_pipeline.sandbox.demo.markup import Markup
from javis_pipeline.sandbox.demo.plans import Team
from javis_pipeline.sandbox.demo.talk import talk_below_pages
from javis_pipeline.sandbox.jira.site import JiraSite

MARA, TOMASZ, PRIYA, JONAS = "Mara Lindqvist", "Tomasz Zielinski", "Priya Raman", "Jonas Weber"
AIKO, DAAN, ELIF, SOPHIE = "Aiko Tanaka", "Daan Visser", "Elif Demir", "Sophie Laurent"
MARCO, CHEN, LUKAS, FATIMA = "Marco Bianchi", "Chen Wei", "Lukas Novak", "Fatima El Amrani"
BRAM, NINA = "Bram de Jong", "Nina Kowalczyk"

SPACES = {
    "OQC": "Optical Quality Control",
    "OQCDOC": "OQC Documentation",
    "ENG": "EUV Engineering",
    "HB": "Handbook",
}
REVIEWS = 6  # the last so many sprints have a page


@dataclass(frozen=True)
class Text:
    """One page: `written` and `edited` are days ago."""

    space: str
    title: str
    author: str
    written: int
    text: str
    edited: tuple[tuple[int, str], ...] = ()
    under: str | None = None
    labels: tuple[str, ...] = ()


TEXTS = (
    Text("OQC", "Goals of this quarter", MARA, 74, """
!info Three goals. If something serves none of them, we ask why we do it.

## Accepted line 4
Recall of 98 % with at most 12 false alarms a wafer. The run is {acceptance}; before it we have to
find the scratches along the flat ({flat}) and retrain ({retrain}).

## Calibration between lots
Under 80 seconds, on line 2 first: {shortcal}. Owner: @{Jonas Weber}.

## No files on a share
Results go as messages. We switch the share off with {shareoff}.

[jira: project = OQC AND issuetype = Epic ORDER BY duedate]
""", edited=((46, MARA), (9, MARA)), labels=("goals", "planning")),
    Text("OQC", "Acceptance of line 4", MARA, 31, """
[toc]

## What the customer wants to see
| What | Target | Last night |
| Recall on killer defects | 98.0 % | 97.2 % |
| False alarms a wafer | 12 | 10.8 |
| Time a wafer | 14 s | 12.6 s |

## Who does what
[x] Dates agreed with the customer @{Mara Lindqvist}
[ ] Line booked for two nights @{Mara Lindqvist}
[ ] Versions and calibrations frozen @{Jonas Weber}
[ ] Boxes and lists for 200 wafers @{Priya Raman}

## What can go wrong
- {flat} costs us 0.6 % alone.
- {frames}: a hot night, and tiles are black.
- {splitlots}: half of their lots are split.

!warning After the wafers have arrived, nothing is changed any more. No exceptions, also not small ones.
""", edited=((12, PRIYA), (3, MARA)), labels=("line-4", "customer")),
    Text("OQC", "Decisions", MARA, 160, """
Short, dated, and not rewritten. A later decision supersedes an earlier one.
""", labels=("decisions",)),
    Text("OQC", "Decision: notch and flat get their own mask", PRIYA, 38, """
(status: Green Decided)

A circle with a margin of 140 px is simple and hides 1.9 mm of every wafer. We measure the real outline
for each product once and keep it with the recipe.

## Why not a smaller circle
Alarms at the edge go from 10.8 to 31 a wafer.

## What follows
{flat} is done with it, and new products need ten wafers once.
""", under="Decisions", labels=("decisions",)),
    Text("OQC", "Decision: messages, one per wafer", DAAN, 66, """
(status: Green Decided)

The factory asked for one message a wafer; we had planned one a lot. Theirs is simpler for both: a message
is acknowledged or it is not. We keep it on disk until then ({messages}).
""", under="Decisions", labels=("decisions", "interface")),
    Text("OQC", "Decision: second model only when the first is unsure", PRIYA, 49, """
(status: Green Decided)

The second model costs 900 ms a wafer. 92 % of the candidates have a score under 0.2 or over 0.8, and there the
second never changed the verdict in 400 wafers.
""", under="Decisions", labels=("decisions",)),
    Text("OQC", "Post-mortem: false alarms after the lamp change", ELIF, 17, """
## What happened
Tuesday, 06:30: lamp changed on line 2. From 06:40 on more than 40 false alarms a wafer. Line stopped at 07:15,
running again at 11:50. See {lamp}.

## Why
The new lamp is 11 % brighter in the blue. The threshold for stains is absolute. Nobody calibrates after a lamp
change, because the full calibration takes 40 minutes.

## What we change
[x] Thresholds relative to the reference die
[x] The lamp's hours are shown to the operator
[ ] Calibration is asked for after a lamp change @{Daan Visser}
[ ] The short one is good enough for it: {shortcal}
""", edited=((15, MARA),), labels=("post-mortem", "line-2")),
    Text("OQC", "Who is where", MARA, 88, """
| Who | Usually works on | Away |
| Mara Lindqvist | plans, customer | |
| Tomasz Zielinski | stitching, drivers | until the 30th |
| Priya Raman | recall, models | |
| Jonas Weber | calibration, cameras | Fridays |
| Aiko Tanaka | review station | |
| Daan Visser | factory interface | |
| Elif Demir | quality, nightly runs | |
""", edited=((5, MARA),)),
    Text("OQCDOC", "How the inspection works", TOMASZ, 210, """
[toc]

## From the wafer to the verdict
1. The stage moves the wafer under four cameras. A trigger pulse gives all frames one time.
2. Tiles are corrected and stitched: [[Stitching]].
3. Candidates are found, merged and scored: [[Finding defects]].
4. The operator judges what the models are unsure about: [[Review station]].
5. Results go to the factory: [[Interface to the factory system]].

```text
cameras -> frames -> tiles -> overview
                        \\-> candidates -> verdicts -> results
```

A wafer takes 12.6 seconds on line 4, of which 5 are moving.
""", edited=((120, ELIF), (52, TOMASZ)), labels=("architecture",)),
    Text("OQCDOC", "Stitching", TOMASZ, 140, """
Tiles overlap by 120 px. Offsets come from phase correlation ({offsets}); a tile without structure takes the
offset of its neighbours.

## Parameters
| Name | Default | Meaning |
| `overlap_px` | 120 | overlap of neighbouring tiles |
| `min_response` | 0.18 | below it, an offset is not believed |
| `ramp` | linear | how the overlap is blended, see {blend} |

!note The ramp is switched off where a defect candidate lies in the overlap. Otherwise scratches get thinner.
""", edited=((58, TOMASZ),), under="How the inspection works", labels=("stitching",)),
    Text("OQCDOC", "Finding defects", PRIYA, 130, """
## Regions
Thresholds differ by die region. Regions come from the layout; without layout, from the first ten wafers.

## Models
The first model scores all candidates in 60 ms. The second one is asked between 0.2 and 0.8.

## Classes
- scratch, also along the flat ({flat})
- stain
- particle
- pad damage
- pattern

Numbers of last night: see the page [[Recall and false alarms]].
""", edited=((35, PRIYA),), under="How the inspection works", labels=("models",)),
    Text("OQCDOC", "Recall and false alarms", PRIYA, 95, """
| Class | Recall | False alarms a wafer |
| Scratch | 95.9 % | 3.0 |
| Stain | 97.8 % | 4.1 |
| Particle | 99.1 % | 2.4 |
| Pad damage | 98.6 % | 1.1 |
| Pattern | 98.0 % | 0.2 |

What we miss is looked at in {cluster}.
""", edited=((40, PRIYA), (16, PRIYA)), under="Finding defects", labels=("models",)),
    Text("OQCDOC", "Calibration", JONAS, 150, """
A calibration is a dark image, a flat field, the geometry and a focus map. It is refused when the residual is over
0.4 px ({residual}).

## The long one
At night, 40 minutes, everything.

## The short one
Between lots, dark image, flat field and focus. Geometry stays that of the night. In work: {shortcal}.

```python
def is_good(calibration):
    return calibration.residual_px <= 0.4 and calibration.age_hours < 24
```
""", edited=((61, JONAS),), under="How the inspection works", labels=("calibration",)),
    Text("OQCDOC", "Focus map", JONAS, 82, """
49 points take 58 s, five take 6 s. Between them the surface of the chuck is known from the night: {focus}.

With the stage's own position we would not need to measure at all: {stagepos}.
""", edited=((22, JONAS),), under="Calibration", labels=("calibration",)),
    Text("OQCDOC", "Cameras", TOMASZ, 170, """
| Camera | Serial | Firmware | Remarks |
| 1 | 220-1181 | 4.2.0 | |
| 2 | 220-1182 | 4.2.0 | |
| 3 | 220-0977 | 4.1.7 | drops frames when hot, {frames} |
| 4 | 220-1190 | 4.2.0 | |

!warning Never update the firmware of one camera alone: the trigger delay differs between 4.1 and 4.2.
""", edited=((44, TOMASZ), (6, JONAS)), labels=("hardware",)),
    Text("OQCDOC", "Review station", AIKO, 125, """
One key a verdict, on the number pad. `0` is undo.

- The gallery shows the most certain candidates first.
- The next three candidates are loaded while you look ({preload}).
- Verdicts are kept on disk until the server has them ({lostverdicts}).
""", edited=((13, AIKO),), under="How the inspection works", labels=("review-station",)),
    Text("OQCDOC", "Interface to the factory system", DAAN, 90, """
One message a wafer, acknowledged by the factory. Not acknowledged in five minutes: it is sent again, under the
same number.

```xml
<Result number="881203" lot="L2231" wafer="11" verdict="pass">
  <Defect class="scratch" x="10233" y="88120" size_um="14"/>
</Result>
```

## Split lots
A child lot has a suffix after a dot. It belongs to the number: {splitlots}.
""", edited=((30, DAAN),), under="How the inspection works", labels=("interface",)),
    Text("OQCDOC", "Runbook: the line stands", ELIF, 115, """
1. Look at the red lamp on the rack. Off: power. Ask the shift lead.
2. `inspect status` on the server. Anything that is not `ok` has a page here.
3. Black tiles: [[Cameras]]. False alarms: [[Runbook: too many false alarms]].
4. Ten minutes and no idea: call the on-call phone, 4711. Do not wait for a better moment.
""", edited=((28, ELIF),), labels=("runbook",)),
    Text("OQCDOC", "Runbook: too many false alarms", ELIF, 70, """
- Was the lamp changed? Calibrate twice, ten minutes apart. Background: {lamp}.
- Only at the edge? Wrong outline: choose the product again.
- Only stains, all over: clean the lens of camera 2.
""", edited=((16, ELIF),), under="Runbook: the line stands", labels=("runbook",)),
    Text("ENG", "The platform in one page", SOPHIE, 240, """
[toc]

## Subsystems
Source, illumination, reticle stage, wafer stage, metrology, vacuum. Each has a controller; they talk over the
real-time bus and agree on the time: [[Time in the machine]].

## Rules that are older than this page
- Safety does not depend on software alone.
- The stage controller never waits for anybody.
- Whoever reads data may lose some; whoever writes them may not notice.
""", edited=((90, CHEN),), labels=("architecture",)),
    Text("ENG", "Time in the machine", CHEN, 110, """
Everything follows the clock of the main switch within 40 ns. Times are TAI, counted in nanoseconds. Only logs for
people have a time zone.
""", edited=((64, CHEN),), under="The platform in one page", labels=("time",)),
    Text("ENG", "Position stream", CHEN, 60, """
## Message
`stage.position.v2`: time, x, y, z, three angles, a flag. 1 kHz for all, 20 kHz for metrology.

## Readers
| Reader | Rate | Since |
| Metrology | 20 kHz | August |
| Service log | 1 kHz | September |
| Optical quality control | 1 kHz | waits for {posstream} |

!warning Readers outside of the machine need a certificate ({certs}) and a limit ({rights}).
""", edited=((33, CHEN), (15, CHEN)), labels=("interface",)),
    Text("ENG", "Dose loop", MARCO, 85, """
One pulse delay, gain 0.8, step limited to 4 %. A missed droplet is no measurement ({oscillate}).

The sensor drifts by 0.04 % per kelvin: {sensor}. Released to the field with {doserelease}, after the test over
three lots ({dosetest}).
""", edited=((50, MARCO), (20, MARCO)), labels=("dose",)),
    Text("ENG", "Dose test on machine 7", MARCO, 19, """
| Lot | Wafers | Drift | Remarks |
| A | 25 | 0.19 % | |
| B | 25 | 0.24 % | cooling water at shift change |
| C | | | planned |

Lot C decides. If it is over 0.2 % again, we need the correction of {sensor} first.
""", edited=((6, NINA),), under="Dose loop", labels=("machine-7", "dose")),
    Text("ENG", "Thermal model", NINA, 100, """
State: 14 temperatures, 9 inputs, 1 ms step. Learned from cold starts, learned again after a service ({relearn}).

!note Circle: the test needs a stored model ({modelstore}), the model the learning, and the learning the test
({coldtest}). To be cut by taking last year's cold start for the first round.
""", edited=((27, NINA),), labels=("thermal",)),
    Text("ENG", "Reticle exchange, step by step", LUKAS, 72, """
14 steps. Steps 5 to 11 cannot be left without a person today: {recover}.

1. Pump the lock.
2. Open the store.
3. Read the code.
4. Take the reticle.

!warning Step 8: the reticle is in the air. On a power dip: wait, then go on. Never back.

Safety review: {safety}. Endurance: {endurance}.
""", edited=((18, LUKAS),), labels=("reticle", "safety")),
    Text("ENG", "Vacuum: what the four hours are made of", FATIMA, 55, """
| Phase | Before | Now |
| Rough pump | 0:40 | 0:40 |
| Fixed wait | 1:30 | none |
| Heating | 2:50 | 1:55 |
| Cooling | 1:20 | 1:10 |

The fixed wait was for a pump that was replaced in 2017.
""", edited=((24, FATIMA),), labels=("vacuum",)),
    Text("ENG", "Log format", BRAM, 68, """
```json
{"t": 1762843200123456789, "sub": "stage", "level": "warn", "code": "ST-204", "text": "cycle missed"}
```

Names of customers, lots and recipes never go into `text`.
""", edited=((21, BRAM),), labels=("logs",)),
    Text("ENG", "Machine time this month", SOPHIE, 20, """
| Night | Machine 7 | Machine 9 |
| Monday | dose, Marco | |
| Tuesday | | cold start, Nina |
| Thursday | dose, Marco | reticle, Lukas |

Changes: ask @{Sophie Laurent}, not each other.
""", edited=((2, SOPHIE),)),
    Text("HB", "Start here", SOPHIE, 400, """
Welcome. In the first week you read five pages and break something on purpose on the simulator.

- [[How we review code]]
- [[On call]]
- [[Words we use]]
- [[Security in short]]
- the page of your team
""", edited=((150, MARA),), labels=("onboarding",)),
    Text("HB", "How we review code", CHEN, 380, """
Within a working day. Small enough to be read in 20 minutes; else we ask to split it.

- The author says what could break.
- The reviewer says what is not understood. "Looks good" alone is not a review.
- Style is the formatter's business.
""", edited=((200, ELIF),), labels=("engineering",)),
    Text("HB", "On call", BRAM, 350, """
One week, Monday 09:00 to Monday 09:00. Phone 4711. Compensation: one day.

!tip If you are not sure whether to wake somebody: wake somebody.
""", edited=((75, BRAM),), labels=("on-call",)),
    Text("HB", "Words we use", MARA, 330, """
| Word | Means |
| Lot | 25 wafers that travel together |
| Die | one chip on the wafer |
| Killer defect | a defect that makes the die fail |
| Overlay | how well two layers lie on each other, in nm |
| Dose | energy per area that the resist gets |
""", edited=((140, NINA),), labels=("onboarding",)),
    Text("HB", "Security in short", DAAN, 310, """
- No customer names in logs, titles or branch names.
- Laptops are encrypted. Lost: tell us within the hour, nobody is blamed.
- Tokens live in the vault and nowhere else.
""", edited=((60, DAAN),), labels=("security",)),
    Text("HB", "How we plan", SOPHIE, 300, """
Two weeks. Planning on Monday, review on the second Friday. What comes in after Monday pushes something out, and we
say what.

## Ready
Somebody can start on it tomorrow without asking.

## Done
It runs on a machine, and the page that describes it was changed.
""", edited=((110, MARA),), labels=("planning",)),
    Text("HB", "Writing things down", MARA, 290, """
Decisions on a page, the day they are made. Numbers with units and dates. If you were asked twice, it belongs on a
page.
""", labels=("writing",)),
    Text("HB", "Lab rules", FATIMA, 280, """
1. Shoes, coat, no food.
2. Who opens a chamber writes it into the book.
3. Laser on: red lamp. No exceptions, also not for a second.
""", edited=((100, FATIMA),), labels=("safety", "lab")),
    Text("HB", "Holidays and who stands in", ELIF, 260, """
Enter it in the calendar four weeks before, and name who stands in for you. Team leads see to it that two people
know every subsystem.
""", edited=((80, ELIF),)),
    Text("HB", "Release to the field", SOPHIE, 250, """
1. Tests on the simulator are green for three nights.
2. One machine, one week.
3. Release note: what changes for the operator, in two sentences.
4. Way back is tried, not only described.
""", edited=((95, BRAM),), labels=("release",)),
    Text("HB", "Travel to a customer", MARA, 230, """
Bring: laptop with the logs of the last week, the machine file, and somebody to call. Agree with the shift lead
before you touch anything.
"""),
)  # fmt: skip


def write_pages(
    site: ConfluenceSite, jira: JiraSite, *, keys: Mapping[str, str], teams: Mapping[str, Team], now: datetime
) -> None:
    """Spaces, pages and what was said below them, up to now. `teams` have sprint reviews, by space key."""
    people = {person.name: person.account_id for person in site.ground.people.all()}
    markup = Markup(keys, people)
    for number, (key, name) in enumerate(SPACES.items()):
        site.add_space(key, name, author_id=people[MARA], at=now - timedelta(days=420 - 30 * number))
    written: dict[str, str] = {}
    for text in sorted((*TEXTS, *_reviews(jira, teams, now)), key=lambda text: -text.written):
        page = site.create_page(
            site.space(text.space).space_id,
            text.title,
            markup.storage(text.text),
            parent_id=written.get(text.under or ""),
            author_id=people[text.author],
            at=now - timedelta(days=text.written, hours=2),
            labels=text.labels,
        )
        written[text.title] = page.page_id
        for days, author in text.edited:
            at = now - timedelta(days=days, hours=3)
            site.edit_page(page.page_id, author_id=people[author], at=at, message="" if days % 2 else "Numbers updated")
    talk_below_pages(site, markup, people, now)


def _reviews(jira: JiraSite, teams: Mapping[str, Team], now: datetime) -> list[Text]:
    """A review page for each of a team's last closed sprints, made of what was really finished in it."""
    texts = []
    for space, team in teams.items():
        closed = [s for s in jira.sprints if s.state == "closed" and s.name.startswith(team.sprint_name)]
        for sprint in closed[-REVIEWS:]:
            assert sprint.complete is not None
            finished = [
                f"| {issue.state.key} | {issue.state.summary} |"
                for issue in jira.issues.values()
                if issue.state.sprint_ids and issue.state.sprint_ids[-1] == sprint.number
            ]
            text = (
                f"Goal: **{sprint.goal}**\n\n## Finished\n| Issue | What |\n"
                + "\n".join(finished)
                + "\n\n## What we keep\n- Showing it on a machine, not on slides.\n\n## What we change\n"
                + "- Bugs of the line get an owner the same day."
            )
            days = max(0, (now - sprint.complete).days)
            labels = ("review",)
            texts.append(Text(space, f"{sprint.name} review", team.lead, days, text, labels=labels))
    return texts
