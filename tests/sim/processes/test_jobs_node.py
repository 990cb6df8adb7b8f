"""Life, death and power of a node, and whom its letters reach."""

from models.base.time import NS_PER_MS, NS_PER_S
from models.scheduling.lease import AcquireLock
from models.scheduling.lock import Granted
from models.scheduling.tasks import RunKey
from sim.processes.jobs_messages import LockAnswered, Message, ResultTaken, TryId
from sim.processes.jobs_node import JobsNode, JobsSurroundings, Letter, Mail
from tests.sim.processes.jobs_town import NIGHT, Town

HELLO = AcquireLock("lock", "me", 5, 1)
ANSWER = LockAnswered(Granted(1, 5), 0, 1)


class Diary(JobsNode):
    """Writes down what happens to it; answers every request once."""

    def __init__(self, around: JobsSurroundings, mail: Mail, name: str, zone: str) -> None:
        super().__init__(around, service="diary", name=name, zone=zone)
        self.mail = mail
        self.told: list[str] = []
        self.letters: list[Message] = []
        mail.join(self)

    def begin(self) -> None:
        self.told.append("begin")

    def end(self) -> None:
        self.told.append("end")

    def receive(self, letter: Letter) -> None:
        self.letters.append(letter.body)
        if isinstance(letter.body, AcquireLock):
            self.mail.reply(self, letter, ANSWER)


class Pair:
    def __init__(self) -> None:
        self.town = Town(schedulers=(), executors=())
        town = self.town
        around = JobsSurroundings(
            town.kernel, town.log, town.network, town.power, town.stream, town.clock, NIGHT
        )
        mail = Mail(town.network)
        self.mail = mail
        self.here, self.there = Diary(around, mail, "here", "a"), Diary(around, mail, "there", "b")

    def pass_time(self, by_ns: int = 10 * NS_PER_MS) -> None:
        self.town.run(self.town.kernel.now + by_ns)


def test_dying_twice_is_dying_once_and_one_revival_undoes_it() -> None:
    node = Pair().here
    node.die()
    node.die()
    node.revive()
    node.revive()
    assert (node.told, node.life) == (["end", "begin"], 2)


def test_dead_node_stays_dead_when_power_returns() -> None:
    node = Pair().here
    node.die()
    node.power_lost()
    node.power_restored()
    assert not node.is_running
    node.revive()
    assert node.is_running


def test_node_revived_in_a_dark_zone_starts_with_the_power() -> None:
    pair = Pair()
    node, power = pair.here, pair.town.power
    power.cut("a")
    node.power_lost()
    node.die()
    node.revive()
    assert not node.is_running
    power.restore("a")
    node.power_restored()
    assert (node.is_running, node.told) == (True, ["end", "begin"])


def test_zone_held_dark_by_two_faults_is_restored_by_the_second() -> None:
    pair = Pair()
    node, power = pair.here, pair.town.power
    for _ in range(2):
        power.cut("a")
        node.power_lost()
    power.restore("a")
    node.power_restored()
    assert not node.is_running
    power.restore("a")
    node.power_restored()
    assert node.is_running


def test_request_is_answered_over_the_link() -> None:
    pair = Pair()
    pair.mail.send(pair.here, "diary/there", HELLO)
    pair.pass_time(NS_PER_MS - 1)
    assert pair.there.letters == []
    pair.pass_time(1)
    assert (pair.there.letters, pair.here.letters) == ([HELLO], [])
    pair.pass_time(NS_PER_MS)
    assert pair.here.letters == [ANSWER]


def test_letter_to_a_dead_node_is_lost() -> None:
    pair = Pair()
    pair.mail.send(pair.here, "diary/there", HELLO)
    pair.there.die()
    pair.pass_time()
    pair.there.revive()
    pair.pass_time()
    assert pair.there.letters == []


def test_answer_to_an_earlier_life_is_not_read() -> None:
    pair = Pair()
    pair.mail.send(pair.here, "diary/there", HELLO)
    pair.here.die()
    pair.here.revive()
    pair.pass_time()
    assert pair.there.letters == [HELLO]
    assert pair.here.letters == []


def test_letter_for_any_life_reaches_the_next() -> None:
    pair = Pair()
    taken = ResultTaken(TryId("x", RunKey("job", 1), 1))
    pair.mail.send(pair.here, "diary/there", taken)
    pair.there.die()
    pair.there.revive()
    pair.pass_time()
    assert pair.there.letters == [taken]


def test_deaths_and_starts_are_logged() -> None:
    pair = Pair()
    pair.pass_time(NS_PER_S)
    pair.here.die()
    pair.here.revive()
    assert pair.town.log.lines == [
        (NS_PER_S, "diary/here", "error", "process died"),
        (NS_PER_S, "diary/here", "info", "started, life 2"),
    ]
