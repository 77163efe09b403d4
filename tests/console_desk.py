"""What the console's double server knows: people, conversations and what was said in them, as plain JSON data."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

Json = dict[str, Any]

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self'; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)

ELENI: Json = {
    "id": "agent-eleni",
    "name": "Eleni Papadaki",
    "email": "eleni@shop.example",
    "role": "agent",
    "languages": ["el", "en"],
    "teams": [{"id": "team-orders", "name": "Orders"}],
    "capacity": 4,
    "presence": "online",
    "locale": "en",
}
MARIA: Json = ELENI | {
    "id": "agent-maria",
    "name": "Maria Kowalska",
    "email": "maria@shop.example",
    "role": "supervisor",
    "languages": ["pl", "en"],
}
ADMIN: Json = ELENI | {
    "id": "agent-admin",
    "name": "Ada Admin",
    "email": "ada@shop.example",
    "role": "admin",
    "teams": [],
}
PASSWORD = "correct horse battery"
CODE = "123456"
INVITATION = "inv-1"

SETTINGS: dict[str, Json] = {
    "handoff": {
        "misses": 2,
        "failures": 1,
        "complaints": True,
        "promises": True,
        "protected": ["self_harm", "safety", "legal", "data_protection"],
        "anger": 1.1,
    },
    "feelings": {
        "priority": 0.25,
        "suggest": 0.45,
        "handoff": 0.6,
        "most": "handoff",
        "begins_low": "priority",
    },
    "hours": {
        "always": False,
        "time_zone": "Europe/Athens",
        "week": {
            "monday": [{"begin": "09:00", "end": "13:00"}, {"begin": "14:00", "end": "18:00"}],
            "tuesday": [{"begin": "09:00", "end": "18:00"}],
            "wednesday": [{"begin": "09:00", "end": "18:00"}],
            "thursday": [{"begin": "09:00", "end": "18:00"}],
            "friday": [{"begin": "09:00", "end": "16:00"}],
            "saturday": [],
            "sunday": [],
        },
        "holidays": [{"day": "12-25", "name": "Christmas", "blocks": []}],
    },
    "routing": {"accept_seconds": 30, "gone_seconds": 60, "hostile_anger": 0.6, "hostile_in_a_row": 2},
    "rating": {"enabled": True},
    "asking": {
        "days": 30,
        "rated_share": 1.0,
        "loyalty_share": 0.1,
        "loyalty_after_days": 7,
        "from_hour": 9,
        "to_hour": 20,
    },
    "replies": {"hold_seconds": 5.0},
}

CANNED: list[Json] = [
    {
        "shortcut": "sorry",
        "language": "en",
        "title": "An apology",
        "text": "Dear {customer}, I am sorry for the trouble. I am looking into it now.",
    },
    {
        "shortcut": "sorry",
        "language": "el",
        "title": "Συγγνώμη",
        "text": "Αγαπητή {customer}, ζητώ συγγνώμη για την ταλαιπωρία. Το ελέγχω αμέσως.",
    },
    {
        "shortcut": "refund",
        "language": "en",
        "title": "Money is on its way",
        "text": "The money goes back to you today; banks need two to five working days.",
    },
    {
        "shortcut": "track",
        "language": "en",
        "title": "Where the parcel is",
        "text": "Your parcel {order} is with the carrier. You can follow it with the link in our e-mail.",
    },
]


def stamp(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")


def ago(seconds: float) -> str:
    return stamp(datetime.now(timezone.utc) - timedelta(seconds=seconds))


def item(conversation: str, name: str, text: str, **changes: Any) -> Json:
    """One line of a list: waiting since two minutes, unless `changes` say otherwise."""
    return {
        "conversation": conversation,
        "epoch": 1,
        "customer": {"id": f"customer-{conversation}", "name": name},
        "channel": "web",
        "language": "en",
        "status": "queued",
        "reason": "asked",
        "anger": 0.1,
        "priority": 40,
        "queued_at": ago(130),
        "waited_s": 130,
        "last": {"author": "customer", "text": text, "at": ago(60)},
        "unread": 1,
        "handoff": f"handoff-{conversation}",
        "offered_to": None,
        "offered_until": None,
        "wanted": None,
        "team": None,
        "owner": None,
        "troubled": False,
        "undelivered": False,
        "snoozed_until": None,
    } | changes


def message(conversation: str, seq: int, kind: str, text: str, **changes: Any) -> Json:
    """One message of the timeline, the later the higher its number."""
    names = {"customer": "Katerina", "bot": "Grija", "agent": ELENI["name"], "system": ""}
    return {
        "kind": "message",
        "id": f"{conversation}-m{seq}",
        "conversation": conversation,
        "seq": seq,
        "author": {"kind": kind, "name": names[kind], "agent_id": ELENI["id"] if kind == "agent" else None},
        "text": text,
        "at": ago(max(1, 4000 - 40 * seq)),
        "channel": "web",
        "edited": False,
        "deleted": False,
        "buttons": [],
        "attachments": [],
        "delivery": None,
        "intent": None,
        "mood": None,
    } | changes


def mood(valence: float, emotion: str, *, weak: bool = False) -> Json:
    return {"valence": valence, "emotion": emotion, "weak": weak}


def happening(conversation: str, number: int, after_seq: int, what: str, actor: Any, **detail: Any) -> Json:
    return {
        "kind": "happening",
        "id": str(number),
        "conversation": conversation,
        "after_seq": after_seq,
        "what": what,
        "actor": actor,
        "detail": detail,
        "at": ago(max(1, 4000 - 40 * after_seq - 20)),
    }


def alerts() -> list[Json]:
    """A spike with its likely cause, and a fall that somebody has seen."""
    seen = {"acknowledged_by": None, "acknowledged_at": None}
    cause = {"trait": "order_state", "value": "delayed", "falls": 7, "share": 0.88, "usual": 0.06}
    spike = {"falls": 8, "conversations": 21, "expected": 1.3, "probability": 0.0001, "causes": [cause]}
    fall = {"fall": 0.52, "emotion": "anger", "after": None, "messages": [], "step": "suggest"}
    return [
        seen | {"id": 2, "kind": "spike", "conversation": None, "customer": "", "window_from": ago(3900),
                "window_until": ago(300), "detail": spike, "at": ago(600)},
        seen | {"id": 1, "kind": "fall", "conversation": "c7", "customer": "Petros G.", "window_from": None,
                "window_until": None, "detail": fall, "at": ago(1300)},
    ]  # fmt: skip


def photo(**changes: Any) -> Json:
    return {
        "id": "file-1",
        "kind": "photo",
        "name": "lamp.jpg",
        "mime": "image/jpeg",
        "size": 182_334,
        "state": "stored",
        "reason": "",
        "caption": "",
        "preview": True,
    } | changes


def brief(conversation: str) -> Json:
    def line(text: str, *seqs: int) -> Json:
        return {"text": text, "messages": [f"{conversation}-m{seq}" for seq in seqs], "at": None}

    return {
        "customer": [
            line("Katerina Nikolaou, writes Greek and English, customer since March 2025, 4 orders")
        ],
        "wish": [line("Wants the money back for order 10024 (broken lamp)", 5)],
        "tried": [
            line("The bot looked order 10024 up: delivered on 14 November", 4),
            line("Refund not possible for the bot: above 100 €", 6),
        ],
        "earlier": [line("May: parcel late, solved with a voucher of 10 €", 1)],
        "promised": [line("An answer about the refund today", 6)],
        "mood": [line("Calm at first, angry since the second answer", 5, 7)],
        "next": {
            "text": "Confirm the refund of 129 € and say when the money comes",
            "messages": [f"{conversation}-m7"],
        },
        "answers": [
            {
                "text": "I have arranged the refund of 129 € for order 10024. "
                "The money is with you in two to five days.",
                "source": "earlier",
                "title": "Refund above the limit",
                "score": 0.83,
            },
            {
                "text": "You can keep the broken lamp: nothing has to be sent back.",
                "source": "article",
                "title": "Broken on arrival",
                "url": "https://shop.example/help/broken",
                "score": 0.71,
            },
        ],
        "summary": None,
    }


def katerina(conversation: str) -> list[Json]:
    """A conversation with everything that a timeline can show."""
    sent = {"status": "sent", "error": None}
    return [
        message(conversation, 1, "customer", "Γεια σας! My parcel came but the lamp inside is broken.", at=ago(90_000),
                mood=mood(-0.46, "disappointment")),
        message(conversation, 2, "bot", "I am sorry to hear that. What is the number of your order?", at=ago(89_990),
                buttons=[{"title": "10024", "pressed": True}, {"title": "10031", "pressed": False}], delivery=sent),
        message(conversation, 3, "customer", "10024", intent={"name": "track_order", "confidence": 0.93}),
        message(conversation, 4, "bot", "Order 10024: desk lamp, 129 €, delivered on 14 November.", delivery=sent),
        message(conversation, 5, "customer", "Then give me my money back. This is the second time!",
                attachments=[photo(), photo(id="file-2", kind="document", name="invoice 10024.pdf",
                                            mime="application/pdf", preview=False, size=90_211)],
                intent={"name": "get_refund", "confidence": 0.88}, mood=mood(-0.71, "anger")),
        message(conversation, 6, "bot", "I cannot do this refund by myself. A colleague will look at it today: "
                "https://shop.example/refunds", delivery=sent),
        happening(conversation, 1, 6, "queued", "server", reason="complaint"),
        message(conversation, 7, "customer", "Is anybody there?? I have been waiting for ages.",
                mood=mood(-0.6, "frustration", weak=True)),
        happening(conversation, 2, 7, "note", {"id": MARIA["id"], "name": MARIA["name"]},
                  text="She had the same in May. Please be generous.", mentions=[ELENI["id"]]),
    ]  # fmt: skip


def desk() -> list[Json]:
    """The items that a desk begins with."""
    eleni = {"id": ELENI["id"], "name": ELENI["name"]}
    maria = {"id": MARIA["id"], "name": MARIA["name"]}
    return [
        item("c1", "Katerina Nikolaou", "Is anybody there?? I have been waiting for ages.", reason="complaint",
             anger=0.72, language="el", queued_at=ago(540), unread=2),
        item("c2", "Ion Popescu", "Vreau să vorbesc cu un om, vă rog.", channel="telegram", language="ro",
             queued_at=ago(260)),
        item("c3", "", "where is my parcel", channel="slack", reason="missed", queued_at=ago(75)),
        item("c4", "Анна Петрова", "Искам изтриване на данните ми", channel="telegram", language="bg",
             reason="protected", anger=0.4, queued_at=ago(30)),
        item("c5", "Jan Nowak", "Dziękuję, czekam na odpowiedź.", language="pl", status="human", owner=eleni,
             queued_at=None, waited_s=95, undelivered=True, channel="telegram"),
        item("c6", "Sofia Rossi", "Perfect, thanks!", status="human", owner=eleni, queued_at=None, waited_s=None,
             unread=0, reason="asked"),
        item("c7", "Petros G.", "Και πότε θα έρθει;", status="human", owner=maria, language="el", queued_at=None,
             waited_s=1300, anger=0.85, reason="promise"),
        item("c8", "Visitor", "how do I change my address", status="bot", reason=None, queued_at=None,
             waited_s=None, unread=0, handoff=None),
        item("c9", "Elżbieta Zając", "Proszę odezwać się w poniedziałek", status="human", owner=eleni, language="pl",
             queued_at=None, waited_s=None, unread=0, snoozed_until=ago(-90_000)),
    ]  # fmt: skip
