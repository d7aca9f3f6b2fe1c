import Contract
import Testing

@testable import Launcher

struct DoctorReportTests {
    @Test("All the checks are there, in their order, and on a good machine a pod can be started")
    func good() throws {
        var facts = try goodFacts()
        var place = DriverTrials(configured: "auto")
        place.kernelFeatures = ["fuse", "loop", "ext4"]
        facts.drivers = .tried(
            [
                DriverFacts.Trial(choice: "auto", driver: "fuse", place: place),
                DriverFacts.Trial(choice: "fuse", driver: "fuse", place: place),
            ], inPod: false)
        facts.disks = [DiskFacts(name: "vault", path: "/p", freeBytes: 1 << 40, wantedBytes: 1 << 30)]
        let report = Examination.report(on: facts)
        #expect(
            report.findings.map { $0.name } == [
                "project", "provider docker", "provider podman", "provider native", "kernel", "user namespaces", "subuids",
                "image",
                "driver fuse", "locked memory", "swap", "disk vault", "network",
            ])
        #expect(report.ready && report.complaint == nil)
        #expect(report.provider == "native" && report.driver == "fuse" && report.project == nil)
        #expect(report.findings[0].sentence == "there is none here; what is checked is what tazpod init would make")
    }

    @Test("What is in the way is named in one sentence")
    func bad() throws {
        var facts = try goodFacts()
        facts.project = "web"
        facts.host.kernel = "4.4"
        facts.image = .programs(missing: [NativeFacts.MissingProgram(name: "tmux", package: "tmux")])
        let report = Examination.report(on: facts)
        #expect(!report.ready)
        #expect(
            report.complaint == "no pod with a vault can be started here (kernel, image); do what the lines with ✗ say")
        #expect(report.findings[0].sentence == "web asks for auto, driver auto")
    }

    @Test("A project that this version cannot plan is in the way")
    func plan() throws {
        var facts = try goodFacts()
        facts.planProblem = "this version does not know agent:; remove it"
        #expect(Examination.report(on: facts).complaint?.contains("(project)") == true)
    }

    @Test("Inside a pod the choice is the pod's, and engines are not spoken of")
    func inPod() {
        var place = DriverTrials(configured: "fuse")
        place.outcomes = [DriverTrials.Outcome(choice: "fuse", driver: "fuse")]
        var host = HostFacts()
        host.kernel = "6.1"
        let report = Examination.report(inPod: DriverProbe.facts(place), host)
        #expect(report.findings.map { $0.name } == ["kernel", "user namespaces", "driver fuse", "locked memory", "swap"])
        #expect(report.driver == "fuse" && report.provider == nil && report.ready)
    }

    @Test("A line has its mark, and in colour the mark alone is coloured")
    func lines() {
        let finding = Finding.warning("swap", "is on", next: "turn it off")
        #expect(finding.line(inColour: false) == "! swap: is on; turn it off")
        #expect(finding.line(inColour: true) == "\u{1b}[33m!\u{1b}[0m swap: is on; turn it off")
        #expect([Finding.State.ok, .missing, .notApplicable].map { $0.mark } == ["✓", "✗", "–"])
    }
}
