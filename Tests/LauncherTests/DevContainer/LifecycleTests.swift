import CLinux
import Contract
import TestSupport
import Testing

@testable import Launcher

struct LifecycleTests {
    private let commands: [LifecycleCommand] = LifecycleStage.allCases.map {
        LifecycleCommand(stage: $0, parts: [LifecycleCommand.Part(words: ["true"])])
    }

    private func remaining(_ answer: String) -> [LifecycleStage] {
        LifecyclePlan(answer: answer).remaining(of: commands).map { $0.stage }
    }

    @Test("In a new pod everything is run, in order, but what is the host's and what is of coming to it")
    func new() {
        #expect(remaining("12\nboot\n") == [.onCreate, .updateContent, .postCreate, .postStart])
    }

    @Test("What was done is not done again, and what failed is")
    func again() {
        #expect(remaining("onCreateCommand\nupdateContentCommand\n12\nboot\n") == [.postCreate, .postStart])
        let all = "onCreateCommand\nupdateContentCommand\npostCreateCommand\npostStartCommand 12/boot\n"
        #expect(remaining(all + "12\nboot\n") == [])
    }

    @Test("A pod that has started again runs postStartCommand again")
    func restarted() {
        let all = "onCreateCommand\nupdateContentCommand\npostCreateCommand\npostStartCommand 12/boot\n"
        #expect(remaining(all + "13\nboot\n") == [.postStart])
        #expect(remaining(all + "12\nother\n") == [.postStart])
    }

    @Test("A machine lacks what it has less of than is asked for")
    func requirements() {
        let machine = HostMachine(cpus: 2, memory: (8 << 30) - (300 << 20), storage: 1 << 30, hasGPU: false)
        #expect(machine.lack(of: .init(cpus: 2, memory: 8 << 30, storage: 1 << 30)) == nil)
        #expect(machine.lack(of: .init(cpus: 4)) == "4 processors, and has 2")
        #expect(machine.lack(of: .init(memory: 16 << 30)) == "16 GiB of memory, and has 7.7 GiB")
        #expect(machine.lack(of: .init(storage: 2 << 30)) == "2.0 GiB of free disk, and has 1.0 GiB".replacing(".0", with: ""))
        #expect(machine.lack(of: .init(gpu: true)) == "a GPU, and has none")
        #expect(HostMachine.memory("MemTotal:  10 kB\nMemFree: 1 kB\n") == 10240)
    }

    @Test("A consent is for one list of wishes of one project")
    func consent() throws {
        let folder = try Folder()
        func consent(_ json: String, of directory: String = "/p/web") throws -> HostConsent {
            HostConsent(
                project: Project(directory: directory, config: try config(""), devContainer: try devContainer(json)),
                folder: "\(folder.path)/a/b")
        }
        #expect(try consent("{}").isGiven)
        let first = try consent(#"{"initializeCommand": "x"}"#)
        #expect(!first.isGiven)
        try first.obtain(granted: true)
        #expect(first.isGiven)
        #expect(try !consent(#"{"initializeCommand": "y"}"#).isGiven)
        #expect(try !consent(#"{"initializeCommand": "x"}"#, of: "/p/other").isGiven)
        #expect(try consent(#"{"initializeCommand": "x"}"#).isGiven)
    }

    @Test("A consent that the pod could write does not count")
    func consentInProject() throws {
        let project = Project(directory: "/home/ann", config: try config(""), devContainer: try devContainer("{}"))
        #expect(HostConsent(project: project, folder: "/home/ann/.config/tazpod/consent").folder == nil)
        #expect(HostConsent.folder { ["XDG_CONFIG_HOME": "/c"][$0] } == "/c/tazpod/consent")
        #expect(HostConsent.folder { ["XDG_CONFIG_HOME": "c", "HOME": "/h"][$0] } == "/h/.config/tazpod/consent")
        #expect(HostConsent.folder { _ in nil } == nil)
    }
}
