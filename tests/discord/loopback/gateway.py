"""The gateway: sessions, compression, heartbeats, resuming, and how a test disturbs them."""

from __future__ import annotations

import asyncio
import json
import secrets
import socket
import struct
import time
import zlib
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import zstandard
from aiohttp import WSMsgType, web

from tests.discord.loopback.faults import Faults
from tests.discord.loopback.state import payloads
from tests.discord.loopback.state.objects import PRIVILEGED, Intents, Interaction, Json
from tests.discord.loopback.state.world import World

DISPATCH, HEARTBEAT, IDENTIFY, RESUME, RECONNECT, INVALID_SESSION, HELLO, HEARTBEAT_ACK = 0, 1, 2, 6, 7, 9, 10, 11
ENDS_A_SESSION = {1000, 1001}
"""Close codes by which a client ends its session."""
REFUSES_RESUMING = {4004, 4007, 4009, 4010, 4011, 4012, 4013, 4014}
SENDS_IN_A_MINUTE = 120
ALL_INTENTS = (1 << 26) - 1


def abort(transport: asyncio.BaseTransport | None) -> None:
    """End a connection with a TCP reset, as a broken network does."""
    if transport is None:
        return
    raw = transport.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()


class Compressor:
    """The transport compression of a connection, as the client asked for it."""

    def __init__(self, kind: str | None) -> None:
        self.kind = kind
        self._zlib = zlib.compressobj() if kind == "zlib-stream" else None
        self._zstd = zstandard.ZstdCompressor().compressobj() if kind == "zstd-stream" else None

    def frame(self, text: str) -> str | bytes:
        """Return the text of a message as one frame."""
        data = text.encode()
        if self._zlib is not None:
            return self._zlib.compress(data) + self._zlib.flush(zlib.Z_SYNC_FLUSH)
        if self._zstd is not None:
            return self._zstd.compress(data) + self._zstd.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
        return text


@dataclass(slots=True, eq=False)
class Connection:
    """A WebSocket. All messages go through one queue, because compression is a stream."""

    ws: web.WebSocketResponse
    transport: asyncio.Transport | None
    compressor: Compressor
    outgoing: asyncio.Queue[Json | bytes | None] = field(default_factory=asyncio.Queue)
    session: Session | None = None
    reading: asyncio.Task[None] | None = None
    closing: asyncio.Task[bool] | None = None
    sent_at: deque[float] = field(default_factory=deque)

    def send(self, message: Json | bytes) -> None:
        """Queue a message. Bytes are sent unchanged."""
        self.outgoing.put_nowait(message)


@dataclass(slots=True)
class Session:
    """A session with all that was sent to it, for a replay."""

    id: str
    shard: tuple[int, int]
    intents: int
    sequence: int = 0
    sent: list[tuple[Json, Interaction | None]] = field(default_factory=list)
    connection: Connection | None = None


class Gateway:
    """All sessions, and counts of what clients did."""

    def __init__(self, world: World, faults: Faults, *, heartbeat_interval: float, url: str) -> None:
        self.world = world
        self.faults = faults
        self.url = url
        self.heartbeat_interval = heartbeat_interval
        self.acknowledges_heartbeats = True
        self.sessions: dict[str, Session] = {}
        self.connections: set[Connection] = set()
        self.identifies: list[Json] = []
        self.resumes = 0
        self.compressions: list[str | None] = []

    @property
    def ready_shards(self) -> int:
        """Return how many shards are connected."""
        return len({session.shard for session in self.sessions.values() if session.connection})

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve a connection, from its handshake to its end."""
        fault = self.faults.strike("GET", "/gateway/")
        if fault is not None:
            if fault.seconds:
                await asyncio.sleep(fault.seconds)
            if fault.kind == "reset":
                abort(request.transport)
            if fault.kind != "delay":
                return web.Response(status=fault.status, headers=fault.headers(), text="injected")
        ws = web.WebSocketResponse(max_msg_size=1 << 22, compress=False)
        await ws.prepare(request)
        kind = request.query.get("compress")
        self.compressions.append(kind)
        connection = Connection(ws, request.transport, Compressor(kind))
        self.connections.add(connection)
        writer = asyncio.create_task(self._write(connection))
        try:
            connection.send({"op": HELLO, "d": {"heartbeat_interval": int(self.heartbeat_interval * 1000)}})
            connection.reading = asyncio.create_task(self._read(connection))
            await asyncio.wait({connection.reading})
            if connection.closing is not None:
                # Returning ends the connection.
                await asyncio.wait({connection.closing})
            elif not connection.reading.cancelled():
                await connection.reading
        finally:
            self.connections.discard(connection)
            self._lost(connection)
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
        return ws

    async def _read(self, connection: Connection) -> None:
        async for message in connection.ws:
            if message.type is WSMsgType.TEXT:
                await self._receive(connection, json.loads(message.data))

    def _lost(self, connection: Connection) -> None:
        session = connection.session
        if session is not None and session.connection is connection:
            session.connection = None
            if connection.ws.close_code in ENDS_A_SESSION and connection.closing is None:
                self.sessions.pop(session.id, None)
        self.world.signals.notify("gateway")

    async def _write(self, connection: Connection) -> None:
        while True:
            message = await connection.outgoing.get()
            try:
                if isinstance(message, bytes):
                    await connection.ws.send_bytes(message)
                    continue
                frame = connection.compressor.frame(json.dumps(message))
                if isinstance(frame, str):
                    await connection.ws.send_str(frame)
                else:
                    await connection.ws.send_bytes(frame)
            except ConnectionError:
                return

    async def _receive(self, connection: Connection, message: Json) -> None:
        now = time.monotonic()
        connection.sent_at.append(now)
        while connection.sent_at and connection.sent_at[0] < now - 60:
            connection.sent_at.popleft()
        if len(connection.sent_at) > SENDS_IN_A_MINUTE:
            await self._close(connection, 4008)
            return
        op, data = message.get("op"), message.get("d")
        if op == HEARTBEAT:
            if self.acknowledges_heartbeats:
                connection.send({"op": HEARTBEAT_ACK})
        elif op == IDENTIFY and isinstance(data, dict):
            await self._identify(connection, data)
        elif op == RESUME and isinstance(data, dict):
            await self._resume(connection, data)

    async def _close(self, connection: Connection, code: int) -> None:
        session = connection.session
        if session is not None and code in REFUSES_RESUMING:
            self.sessions.pop(session.id, None)
        if connection.closing is None:
            connection.closing = asyncio.create_task(self._close_in_order(connection, code))
        await asyncio.wait({connection.closing})

    async def _close_in_order(self, connection: Connection, code: int) -> bool:
        """Close, and wait for the client's own close frame.

        If the connection ends before that, the client takes the close for a broken connection (1006) and starts a new
        session. aiohttp ends the connection at once if another task is reading.
        """
        if connection.reading is not None:
            connection.reading.cancel()
            await asyncio.wait({connection.reading})
        return await connection.ws.close(code=code)

    async def _identify(self, connection: Connection, data: Json) -> None:
        shard = tuple(data.get("shard") or (0, 1))
        intents = int(data.get("intents", 0))
        self.identifies.append({"shard": shard, "intents": intents, "at": self.world.clock.now()})
        if data.get("token") != self.world.token:
            await self._close(connection, 4004)
            return
        if intents & ~ALL_INTENTS:
            await self._close(connection, 4013)
            return
        if intents & PRIVILEGED:
            await self._close(connection, 4014)
            return
        if not 0 <= shard[0] < shard[1]:
            await self._close(connection, 4010)
            return
        for old in [each for each in self.sessions.values() if each.shard == shard and not each.connection]:
            del self.sessions[old.id]
        session = Session(secrets.token_hex(16), (shard[0], shard[1]), intents, connection=connection)
        connection.session = session
        self.sessions[session.id] = session
        guilds = [
            guild
            for guild in self.world.guilds.values()
            if self.world.bot_in(guild.id) and self._hears(session, guild.id)
        ]
        self._dispatch(
            session,
            "READY",
            {
                "v": 10,
                "user": payloads.user(self.world.bot)
                | {"verified": True, "mfa_enabled": True, "email": None, "locale": "en-US"},
                "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
                "session_id": session.id,
                "resume_gateway_url": self.url,
                "shard": list(shard),
                "application": {"id": str(self.world.application_id), "flags": 0},
            },
        )
        if intents & Intents.GUILDS:
            for guild in guilds:
                self._dispatch(session, "GUILD_CREATE", payloads.guild(self.world, guild))
        self.world.signals.notify("gateway")

    async def _resume(self, connection: Connection, data: Json) -> None:
        self.resumes += 1
        if data.get("token") != self.world.token:
            await self._close(connection, 4004)
            return
        session = self.sessions.get(str(data.get("session_id")))
        if session is None or int(data.get("seq") or 0) > session.sequence:
            connection.send({"op": INVALID_SESSION, "d": False})
            return
        session.connection = connection
        connection.session = session
        for message, interaction in session.sent:
            if message["s"] > int(data.get("seq") or 0):
                if interaction is not None:
                    interaction.delivered = True
                connection.send(message)
        self._dispatch(session, "RESUMED", {"_trace": []})
        self.world.signals.notify("gateway")

    def _hears(self, session: Session, guild_id: int | None) -> bool:
        if guild_id is None or not self.world.bot_in(guild_id):
            return session.shard[0] == 0
        return session.shard[0] == (guild_id >> 22) % session.shard[1]

    def _dispatch(self, session: Session, event: str, data: Any, interaction: Interaction | None = None) -> None:
        session.sequence += 1
        message = {"op": DISPATCH, "s": session.sequence, "t": event, "d": data}
        session.sent.append((message, interaction))
        if session.connection is not None:
            if interaction is not None:
                interaction.delivered = True
            session.connection.send(message)

    def dispatch(
        self,
        event: str,
        data: Any,
        *,
        guild_id: int | None,
        intent: int = 0,
        interaction: Interaction | None = None,
    ) -> bool:
        """Dispatch an event to the sessions of that server, connected or to be resumed; return True if there is any."""
        told = False
        for session in list(self.sessions.values()):
            if self._hears(session, guild_id) and (not intent or session.intents & intent):
                self._dispatch(session, event, data, interaction)
                told = True
        return told

    async def disturb(self, action: str, **how: Any) -> None:
        """Disturb every connection, or only that of `shard`.

        Args:
            action: `reconnect` (op 7), `invalidate` (op 9; `resumable`), `close` (`code`), `reset`, `raw` (`hex`),
                `event` (`name`, `data`: a dispatch of just that) or `heartbeats` (`acknowledged`).
            how: what is in brackets, and `shard`.
        """
        if action == "heartbeats":
            self.acknowledges_heartbeats = bool(how["acknowledged"])
            return
        if action == "event":
            self.dispatch(str(how["name"]), how["data"], guild_id=None)
            return
        for connection in list(self.connections):
            if "shard" not in how or (connection.session and connection.session.shard[0] == how["shard"]):
                await self._disturb(connection, action, how)

    async def _disturb(self, connection: Connection, action: str, how: Json) -> None:
        if action == "reconnect":
            connection.send({"op": RECONNECT, "d": None})
        elif action == "invalidate":
            if not how["resumable"] and connection.session is not None:
                self.sessions.pop(connection.session.id, None)
            connection.send({"op": INVALID_SESSION, "d": bool(how["resumable"])})
        elif action == "close":
            await self._close(connection, int(how["code"]))
        elif action == "reset":
            abort(connection.transport)
        elif action == "raw":
            connection.send(bytes.fromhex(how["hex"]))
        else:
            raise ValueError(f"The gateway has no action {action}.")
