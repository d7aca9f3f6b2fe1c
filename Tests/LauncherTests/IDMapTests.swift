import Testing

@testable import Launcher

struct IDMapTests {
    private func words(_ ranges: [(UInt32, UInt32)]) -> String? {
        IDMap(own: 4242, subordinate: ranges.map { SubordinateIDs(first: $0.0, count: $0.1) })?.words.joined(separator: " ")
    }

    @Test("The user's own id is the workspace user's, and every other one is of the range")
    func oneRange() {
        #expect(words([(100_000, 65_536)]) == "0 100000 1000 1000 4242 1 1001 101000 64535")
        #expect(words([(100_000, 65_535)]) == "0 100000 1000 1000 4242 1 1001 101000 64535")
    }

    @Test("Several ranges are taken one after the other, wherever one ends")
    func severalRanges() {
        #expect(
            words([(1, 10), (50, 0), (200_000, 990), (300_000, 100_000)])
                == "0 1 10 10 200000 990 1000 4242 1 1001 300000 64535")
        #expect(words([(1, 1500), (300_000, 65_536)]) == "0 1 1000 1000 4242 1 1001 1001 500 1501 300000 64035")
    }

    @Test("Every id is mapped once, and to another one")
    func whole() throws {
        let map = try #require(
            IDMap(own: 7, subordinate: [SubordinateIDs(first: 1000, count: 5), SubordinateIDs(first: 9000, count: 70_000)]))
        #expect(map.extents.reduce(0) { $0 + $1.count } == 65_536)
        #expect(map.extents.flatMap { Array($0.inside..<($0.inside + $0.count)) } == Array(0..<65_536))
        #expect(Set(map.extents.flatMap { Array($0.outside..<($0.outside + $0.count)) }).count == 65_536)
    }

    @Test("Too few ids make no map", arguments: [[], [(1, 65_534)], [(1, 1000)], [(1, 0)]] as [[(UInt32, UInt32)]])
    func tooFew(ranges: [(UInt32, UInt32)]) {
        #expect(words(ranges) == nil)
    }

    @Test("A user's ranges are found by name and by number, and no other's")
    func parse() {
        let text = "ann:100000:65536\nanna:1:7\n1000:300000:10\nbroken\nann:x:y\nann:4294967295:9\n"
        #expect(
            SubordinateIDs.parse(text, user: "ann", uid: 1000)
                == [SubordinateIDs(first: 100_000, count: 65_536), SubordinateIDs(first: 300_000, count: 10)])
        #expect(SubordinateIDs.parse(text, user: "bob", uid: 5) == [])
    }
}

struct NamespaceIDsTests {
    private var ann: HostFacts {
        var host = HostFacts()
        host.user = "ann"
        host.isRoot = false
        host.userNamespaces = 15_000
        host.subordinateUsers = [SubordinateIDs(first: 100_000, count: 65_536)]
        host.subordinateGroups = host.subordinateUsers
        return host
    }

    private func problem(_ change: (inout HostFacts) -> Void) -> String? {
        var host = ann
        change(&host)
        return NamespaceIDs.problem(host)?.sentence
    }

    @Test("With all that it takes there is no problem, and root takes nothing")
    func fine() {
        #expect(problem { _ in } == nil)
        #expect(
            problem {
                $0.isRoot = true
                $0.userNamespaces = 0
            } == nil)
    }

    @Test("What is missing is one sentence, with code 4 and what to do")
    func missing() {
        let begin = "native cannot run a pod for ann: "
        #expect(
            problem { $0.missingMapPrograms = ["newuidmap"] }
                == begin + "there is no newuidmap on this machine; sudo apt-get install uidmap")
        #expect(problem { $0.subordinateGroups = [] }?.hasPrefix(begin + "ann has 0 subordinate ids in /etc/subuid") == true)
        #expect(problem { $0.userNamespaces = 0 }?.hasSuffix("; sudo sysctl -w user.max_user_namespaces=15000") == true)
        #expect(
            problem { $0.unprivilegedUserNamespaces = "0" }
                == begin + "this machine allows them to root alone; sudo sysctl -w kernel.unprivileged_userns_clone=1")
        var host = ann
        host.restrictedUserNamespaces = "1"
        #expect(NamespaceIDs.problem(host)?.code == .provider)
    }

    @Test("Both maps are given by the programs that may, to the process that is named")
    func commands() throws {
        let users = try #require(IDMap(own: 5, subordinate: ann.subordinateUsers))
        let groups = try #require(IDMap(own: 6, subordinate: ann.subordinateGroups))
        let commands = NamespaceIDs(users: users, groups: groups).commands(pid: "77")
        #expect(
            commands.map { $0.description } == [
                "newuidmap 77 0 100000 1000 1000 5 1 1001 101000 64535", "newgidmap 77 0 100000 1000 1000 6 1 1001 101000 64535",
            ])
        #expect(commands.allSatisfy { $0.onlyEnvironment == NativeLayout.baseEnvironment && $0.ids == nil })
    }
}
