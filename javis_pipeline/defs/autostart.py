"""Whether schedules and sensors run from the start: only with `JAVIS_AUTOSTART=1`.

They write to a real Jira, so a person switches them on.
"""

import dagster as dg

from javis_pipeline.settings import load_settings

_autostart = load_settings().javis_autostart

SENSOR_STATUS = dg.DefaultSensorStatus.RUNNING if _autostart else dg.DefaultSensorStatus.STOPPED
SCHEDULE_STATUS = dg.DefaultScheduleStatus.RUNNING if _autostart else dg.DefaultScheduleStatus.STOPPED
