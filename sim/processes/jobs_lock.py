"""The lock server's node: grants the leader lock on its own clock, hears nothing while dark.

Its leases are on disk. An outage of its own needs no pardon: a holder that could not renew has
given up by its own clock before the lease runs out here.
"""

from models.scheduling.lease import AcquireLock, ReleaseLock, RenewLock
from models.scheduling.lock import LeaseLapsed, LockServer
from sim.kernel.driver import Driver
from sim.kernel.ties import SWEEP
from sim.processes.jobs_ledger import JobsLedger
from sim.processes.jobs_messages import LockAnswered
from sim.processes.jobs_node import JobsNode, JobsSurroundings, Letter, Mail

LOCK_SERVER = "lock/server"
"""Address of the lock server."""


class LockNode(JobsNode):
    """Where :class:`LockServer` runs."""

    def __init__(
        self, around: JobsSurroundings, mail: Mail, ledger: JobsLedger, *, zone: str
    ) -> None:
        super().__init__(around, service="lock", name="server", zone=zone)
        self._mail = mail
        self._ledger = ledger
        self._server = LockServer()
        self._driver: Driver[tuple[LeaseLapsed, ...]] = Driver(
            around.kernel, self.clock, self._server, tie_class=SWEEP, deliver=self._lapsed
        )
        mail.join(self)
        self.begin()

    def begin(self) -> None:
        """Look after the leases."""
        self._driver.start()

    def end(self) -> None:
        """Leave them."""
        self._driver.stop()

    def receive(self, letter: Letter) -> None:
        """Answer a request; a release needs no answer."""
        match letter.body:
            case AcquireLock(lock, owner, ttl_ns, sent_ns):
                answer = self._server.acquire(
                    lock, owner, ttl_ns=ttl_ns, now=self.now, request=sent_ns
                )
                self._mail.reply(self, letter, LockAnswered(answer, 0, sent_ns))
            case RenewLock(lock, owner, token, sent_ns):
                answer = self._server.renew(lock, owner, token, now=self.now)
                self._mail.reply(self, letter, LockAnswered(answer, token, sent_ns))
            case ReleaseLock(lock, owner, token):
                self._server.release(lock, owner, token, now=self.now)
        self._driver.poke()

    def _lapsed(self, lapses: tuple[LeaseLapsed, ...]) -> None:
        for lapse in lapses:
            self._ledger.lock_lost(lapse.token)
