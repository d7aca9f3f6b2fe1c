import Contract
import Testing

@testable import Launcher

struct DriverCheckTests {
    /// A place that has all that drivers ask for.
    private var place: DriverTrials {
        var place = DriverTrials(configured: "auto")
        place.kernelFeatures = ["fuse", "ext4", "loop", "device-mapper"]
        place.nodes = ["/dev/fuse": .usable, "/dev/loop-control": .usable, "/dev/mapper/control": .usable]
        return place
    }

    private func works(_ choice: String, by driver: String? = nil) -> DriverFacts.Trial {
        DriverFacts.Trial(choice: choice, driver: driver ?? choice, place: place)
    }

    private func fails(_ choice: String, _ change: (inout DriverTrials) -> Void = { _ in }) -> DriverFacts.Trial {
        var place = place
        change(&place)
        return DriverFacts.Trial(choice: choice, problem: "cannot do it", place: place)
    }

    private func lines(_ trials: [DriverFacts.Trial], wanted: String = "auto", inPod: Bool = false) -> [String] {
        DriverCheck.findings(.tried(trials, inPod: inPod), wanted: wanted).map {
            ($0.needed ? "needed " : "") + $0.line(inColour: false)
        }
    }

    private let fine = "a vault was made, written, locked, opened again and read"

    @Test("A driver that is missing is no failure when auto finds another")
    func auto() {
        let trials = [
            works("auto", by: "fuse"), fails("dmcrypt") { $0.kernelFeatures = ["fuse", "loop", "ext4"] }, works("fuse"),
        ]
        #expect(
            lines(trials) == [
                "✗ driver dmcrypt: this kernel has no device-mapper (modprobe dm-crypt on the host); fuse is used instead",
                "✓ driver fuse: \(fine); auto takes it",
            ])
        #expect(DriverCheck.driver(.tried(trials, inPod: false), wanted: "auto") == "fuse")
    }

    @Test("It is one when the project asks for it")
    func named() {
        let trials = [works("auto", by: "fuse"), fails("dmcrypt") { $0.kernelFeatures = [] }, works("fuse")]
        #expect(
            lines(trials, wanted: "dmcrypt") == [
                "needed ✗ driver dmcrypt: this kernel has no device-mapper, and the project asks for it; modprobe dm-crypt on the host",
                "✓ driver fuse: \(fine)",
            ])
        #expect(lines(trials, wanted: "fuse").last == "✓ driver fuse: \(fine); the project asks for it")
    }

    @Test("It is one when none works")
    func none() {
        #expect(
            lines([fails("auto"), fails("fuse")]) == [
                "✗ driver fuse: cannot do it",
                "needed ✗ driver auto: no driver works here, so no vault can be opened; make one of them work",
            ])
    }

    @Test("Where only auto is wrong, what works is named")
    func automaticIsWrong() {
        #expect(
            lines([fails("auto"), fails("fuse"), works("ram")]).last
                == "needed ✗ driver auto: it takes one that does not work here; write driver: ram under vault: in config.yaml")
    }

    @Test("A driver that this version does not have cannot be asked for")
    func unknown() {
        #expect(
            lines([works("fuse")], wanted: "ram").last
                == "needed ✗ driver ram: this version does not have it; write driver: auto under vault:")
    }

    @Test("Drivers that were not tried are said to be so, and are in nobody's way")
    func untried() {
        let findings = DriverCheck.findings(.untried("are tried once docker answers"), wanted: "auto")
        #expect(findings == [.notApplicable("drivers", "are tried once docker answers")])
        #expect(DriverCheck.driver(.untried(""), wanted: "auto") == nil)
    }

    private func diagnosis(_ driver: String, inPod: Bool = false, _ change: (inout DriverTrials) -> Void) -> DriverDiagnosis {
        var place = place
        change(&place)
        return DriverDiagnosis(driver, "cannot do it", place, inPod: inPod)
    }

    @Test("What a driver lacks is named, and the command that gives it")
    func lacks() {
        let fuse = diagnosis("fuse") { $0.kernelFeatures = ["loop", "ext4"] }
        #expect((fuse.sentence, fuse.next) == ("this kernel has no FUSE", "modprobe fuse on the host"))
        let loop = diagnosis("dmcrypt") { $0.kernelFeatures = ["device-mapper", "ext4"] }
        #expect((loop.sentence, loop.next) == ("this kernel has no loop devices", "modprobe loop on the host"))
        let ext4 = diagnosis("fuse") { $0.kernelFeatures = ["fuse", "loop"] }
        #expect((ext4.sentence, ext4.next) == ("this kernel has no ext4", "modprobe ext4 on the host"))
    }

    @Test("A device node may be away, another thing, forbidden, or dead")
    func nodes() {
        let absent = diagnosis("fuse") { $0.nodes["/dev/fuse"] = .absent }
        #expect(absent.sentence == "there is no /dev/fuse")
        #expect(absent.next == "modprobe fuse on the host, or sudo mknod -m 600 /dev/fuse c 10 229")
        let foreign = diagnosis("fuse") {
            $0.nodes["/dev/fuse"] = .foreign
            $0.kernelFeatures = []
        }
        #expect(foreign.sentence == "what lies at /dev/fuse is another device or file")
        #expect(foreign.next?.hasPrefix("sudo umount /dev/fuse") == true)
        let forbidden = diagnosis("fuse") { $0.nodes["/dev/loop-control"] = .forbidden }
        #expect(forbidden.sentence == "/dev/loop-control may not be opened there")
        #expect(forbidden.next?.contains("--device /dev/loop-control") == true)
        let dead = diagnosis("dmcrypt") { $0.nodes["/dev/mapper/control"] = .dead }
        #expect(dead.sentence == "/dev/mapper/control is there, and no driver behind it")
        #expect(dead.next == "modprobe dm-crypt on the host")
    }

    @Test("A pod that runs has the devices that it was made with")
    func pod() {
        let absent = diagnosis("dmcrypt", inPod: true) { $0.nodes["/dev/mapper/control"] = .absent }
        #expect(absent.sentence == "this pod was not given /dev/mapper/control")
        #expect(absent.next?.contains("vault: driver:") == true)
    }

    @Test("Without the machine's root there are no devices, whatever nodes there are")
    func rootless() {
        let fuse = diagnosis("fuse", inPod: true) {
            $0.isInUserNamespace = true
            $0.nodes["/dev/fuse"] = .absent
        }
        #expect(fuse.sentence == "a rootless pod is given no devices, which are the machine's root's alone")
        #expect(diagnosis("ram") { $0.isInUserNamespace = true }.sentence == "cannot do it")
    }

    @Test("Where nothing is missing, and of a driver without devices, the trial's own sentence is what there is to say")
    func otherwise() {
        #expect(diagnosis("fuse") { _ in }.sentence == "cannot do it")
        #expect(diagnosis("ram") { $0.kernelFeatures = [] }.sentence == "cannot do it")
        #expect(DriverDiagnosis("fuse", "docker said no", nil, inPod: false).sentence == "docker said no")
    }
}
