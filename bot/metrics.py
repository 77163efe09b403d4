"""What Prometheus may ask of us. One registry for each application, so that tests can have many."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """Counters and gauges by name; the help texts say what they count."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.accepted = Counter(
            "grija_accepted",
            "Messages accepted, fresh or delivered again.",
            ("channel", "fresh"),
            registry=self.registry,
        )
        self.updates = Counter(
            "grija_updates",
            "Raw updates of platforms by what became of them: kept, repeated, done, ignored, refused, quarantined.",
            ("channel", "result"),
            registry=self.registry,
        )
        self.updates_depth = Gauge(
            "grija_updates_depth", "Raw updates in the store.", ("status",), registry=self.registry
        )
        self.turns = Counter(
            "grija_turns", "Turns by how they ended: done, failed, dead.", ("result",), registry=self.registry
        )
        self.feelings_read = Counter(
            "grija_feelings_read",
            "Messages of which it was read how the customer feels, by language; weak: it decides nothing.",
            ("language", "weak"),
            registry=self.registry,
        )
        self.feelings_missing = Counter(
            "grija_feelings_missing",
            "Messages of which it could not be read: `python -m bot signals rescore` reads them later.",
            registry=self.registry,
        )
        self.turn_seconds = Histogram(
            "grija_turn_seconds",
            "Seconds of a turn, dialogue and commit.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.lane_wait_seconds = Histogram(
            "grija_lane_wait_seconds",
            "Seconds from a message's acceptance to the start of its turn.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.deliveries = Counter(
            "grija_deliveries",
            "Deliveries by channel and result: sent, delayed, failed, dead.",
            ("channel", "result"),
            registry=self.registry,
        )
        self.webhooks = Counter(
            "grija_webhooks",
            "Tries to tell receivers of webhooks, by result: sent, failed, dead.",
            ("result",),
            registry=self.registry,
        )
        self.signals_sent = Counter(
            "grija_signal_events",
            "Events of signals by sink: sent, dead; failed counts tries.",
            ("sink", "result"),
            registry=self.registry,
        )
        self.signals_waiting = Gauge(
            "grija_signal_events_waiting",
            "Events of signals that wait for a sink.",
            ("sink",),
            registry=self.registry,
        )
        self.signals_oldest = Gauge(
            "grija_signal_events_oldest_seconds",
            "Age of the oldest event that waits for a sink.",
            ("sink",),
            registry=self.registry,
        )
        self.alerts = Counter(
            "grija_alerts",
            "Tries to tell people of a spike, by way (mail, slack) and result: sent, failed, dead.",
            ("way", "result"),
            registry=self.registry,
        )
        self.attachments = Counter(
            "grija_attachments",
            "Files of customers by channel and what became of them: stored, refused, infected, failed.",
            ("channel", "result"),
            registry=self.registry,
        )
        self.inbox_depth = Gauge(
            "grija_inbox_depth", "Messages in the inbox.", ("status",), registry=self.registry
        )
        self.outbox_depth = Gauge(
            "grija_outbox_depth", "Deliveries in the outbox.", ("status",), registry=self.registry
        )
        self.oldest_waiting_seconds = Gauge(
            "grija_oldest_waiting_seconds",
            "Age of the oldest message that waits for its turn.",
            registry=self.registry,
        )
        self.loop_lag_seconds = Gauge(
            "grija_loop_lag_seconds",
            "Longest delay of the event loop in the last ten seconds.",
            registry=self.registry,
        )
        self.sockets = Gauge("grija_widget_sockets", "Open widget sockets.", registry=self.registry)
        self.channel_up = Gauge(
            "grija_channel_up",
            "1 if nothing keeps a channel from its platform, else 0; /ready says what.",
            ("channel",),
            registry=self.registry,
        )
        self.model_loads = Counter(
            "grija_model_loads", "Models loaded or refused.", ("result",), registry=self.registry
        )

    def page(self) -> bytes:
        """The exposition text."""
        return bytes(generate_latest(self.registry))
