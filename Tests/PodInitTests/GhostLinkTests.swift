import Contract
import Linux
import Testing

@testable import PodInit

struct GhostLinkTests {
    private let link: GhostLink

    init() throws {
        link = GhostLink(identifier: 1, pid: 2, channel: try MessageSocketPair().keepOurs())
    }

    @Test("A ghost is opening until it says otherwise")
    func start() {
        #expect(link.stateName == "opening")
        #expect(link.details.isEmpty)
    }

    @Test("A ghost's state and what it says of itself are kept")
    func update() {
        link.update(Message("state").adding("value", "open").adding("driver", "fuse"))
        #expect(link.stateName == "open")
        #expect(link.details == Message("x").adding("driver", "fuse").fields)
    }

    @Test("What an earlier state said is forgotten with it")
    func replaced() {
        link.update(Message("state").adding("value", "open").adding("driver", "fuse"))
        link.update(Message("state").adding("value", "closing"))
        #expect(link.stateName == "closing")
        #expect(link.details.isEmpty)
    }

    @Test(
        "Another message changes nothing",
        arguments: [Message("ok").adding("value", "open"), Message("state").adding("driver", "x")])
    func ignored(message: Message) {
        link.update(message)
        #expect(link.stateName == "opening")
        #expect(link.details.isEmpty)
    }
}
