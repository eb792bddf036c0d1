"""What every correction of an earlier record says beside the right content: which record, why, and by whom."""

from events.identifiers import EventWord, MemberId, Payload, Remark


class FactRef(Payload):
    """An earlier event by what identifies it for ever: its source and id."""

    source: EventWord
    id: EventWord


class Correction(Payload):
    """Names the record that it corrects: the first, or an earlier correction of it, which comes to the same.

    Of all corrections of one record the newest counts; the record itself is kept. It may arrive before what it names.
    """

    of_source: EventWord
    of_id: EventWord
    why: Remark
    corrected_by: MemberId | None = None  # a number, no name
