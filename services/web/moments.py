"""Formats moments as people in the Netherlands read them: dates, times, parts of a day, ages."""

from datetime import date, datetime, time, timedelta
from typing import Final

from babel.dates import format_date

from events.births import BirthDate
from events.local_time import AMSTERDAM, to_local_date, to_moment
from services.web.wording import Wording

OLD: Final = timedelta(minutes=15)


def bounds(day: date) -> tuple[datetime, datetime]:
    """The start of a day and of the next, Amsterdam time."""
    return (
        to_moment(day, time()),
        to_moment(day + timedelta(days=1), time()),
    )


def clock_time(moment: datetime) -> str:
    """`9:05`."""
    local = moment.astimezone(AMSTERDAM)
    return f"{local.hour}:{local.minute:02d}"


def short_day(day: date, wording: Wording) -> str:
    """`wo 25 nov`."""
    return format_date(day, "EEE d MMM", locale=wording.language).replace(".", "").replace(",", "")


def weekday(day: date, wording: Wording) -> str:
    """`woensdag`."""
    return format_date(day, "EEEE", locale=wording.language)


def long_day(day: date, wording: Wording) -> str:
    """`woensdag 25 november`."""
    return format_date(day, "EEEE d MMMM", locale=wording.language)


def day_heading(day: date, wording: Wording) -> str:
    """`Woensdag 25 november`; in English the month keeps its capital, which Jinja's `capitalize` takes away."""
    written = long_day(day, wording)
    return written[0].upper() + written[1:]


def birth_day(born: BirthDate, wording: Wording) -> str:
    """`dinsdag 3 april 1931`; of an unknown day what is known, and that it is unknown."""
    if born.is_whole:
        return f"{long_day(born.earliest, wording)} {born.year}"
    if born.month is None:
        return wording("birth.year_only", year=born.year)
    month = format_date(born.earliest, "MMMM", locale=wording.language)
    return wording("birth.month_only", month=month, year=born.year)


def short_moment(moment: datetime, now: datetime, wording: Wording) -> str:
    """`vandaag 9:05`, else the day alone."""
    if to_local_date(moment) == to_local_date(now):
        return wording("moment.today", time=clock_time(moment))
    return short_day(to_local_date(moment), wording)


def day_part(moment: datetime, wording: Wording) -> str:
    """`wo 25 nov, middag`: as precise as a practice is told before the visit."""
    hour = moment.astimezone(AMSTERDAM).hour
    part = "morning" if hour < 12 else "afternoon" if hour < 18 else "evening"
    return f"{short_day(to_local_date(moment), wording)}, {wording(f'moment.{part}')}"


def age(moment: datetime, now: datetime, wording: Wording) -> str:
    """`3 minuten geleden`, in the largest unit that fits."""
    seconds = max(0.0, (now - moment).total_seconds())
    if seconds < 60:
        return wording("age.now")
    if seconds < 5400:
        return wording.count("age.minutes", round(seconds / 60))
    if seconds < 129_600:
        return wording.count("age.hours", round(seconds / 3600))
    return wording.count("age.days", round(seconds / 86_400))
