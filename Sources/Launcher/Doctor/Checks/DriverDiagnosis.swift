import Contract

/// Why a driver does not work, and what to do about it: from what its trial said, and from what the place has that it needs.
struct DriverDiagnosis: Equatable {
    var sentence: String
    var next: String?

    /// Something a driver needs of the kernel, with the device node that leads to it.
    private struct Need {
        /// As the kernel's lists have it.
        var feature: String
        var words: String
        var module: String
        var node: String?
        var numbers = ""
    }

    private static let loop = Need(
        feature: "loop", words: "loop devices", module: "loop", node: "/dev/loop-control", numbers: "c 10 237")
    private static let ext4 = Need(feature: "ext4", words: "ext4", module: "ext4")
    private static let needs: [String: [Need]] = [
        "dmcrypt": [
            Need(
                feature: "device-mapper", words: "device-mapper", module: "dm-crypt", node: "/dev/mapper/control",
                numbers: "c 10 236"), loop, ext4,
        ],
        "fuse": [Need(feature: "fuse", words: "FUSE", module: "fuse", node: "/dev/fuse", numbers: "c 10 229"), loop, ext4],
    ]

    /// - Parameters:
    ///   - problem: What the trial said.
    ///   - place: nil when it could not be started; then that is all there is to say.
    init(_ driver: String, _ problem: String, _ place: DriverTrials?, inPod: Bool) {
        self.init(sentence: problem)
        guard let place else { return }
        if place.isInUserNamespace, DriverDiagnosis.needs[driver] != nil {
            self.init(
                sentence: "a rootless pod is given no devices, which are the machine's root's alone",
                next: "write driver: auto under vault:, which takes ram")
            return
        }
        for need in DriverDiagnosis.needs[driver] ?? [] {
            if let found = DriverDiagnosis.lack(of: need, place, inPod: inPod) {
                self = found
                return
            }
        }
    }

    private init(sentence: String, next: String? = nil) {
        self.sentence = sentence
        self.next = next
    }

    private static func lack(of need: Need, _ place: DriverTrials, inPod: Bool) -> DriverDiagnosis? {
        let state = need.node.flatMap { place.nodes[$0] }
        if state == .foreign, let node = need.node {
            return DriverDiagnosis(
                sentence: "what lies at \(node) is another device or file",
                next: "sudo umount \(node), or make it again: sudo rm -f \(node) && sudo mknod -m 600 \(node) \(need.numbers)")
        }
        let isInKernel = place.kernelFeatures.contains(need.feature)
        let load = "modprobe \(need.module) on the host"
        guard isInKernel else { return DriverDiagnosis(sentence: "this kernel has no \(need.words)", next: load) }
        guard let node = need.node, let state, state != .usable else { return nil }
        switch state {
        case .absent where inPod:
            return DriverDiagnosis(
                sentence: "this pod was not given \(node)",
                next: "write the driver's name under vault: driver: in config.yaml, then tazpod down and tazpod up")
        case .absent:
            return DriverDiagnosis(
                sentence: "there is no \(node)", next: "\(load), or sudo mknod -m 600 \(node) \(need.numbers)")
        case .forbidden:
            return DriverDiagnosis(
                sentence: "\(node) may not be opened there",
                next: "this machine is a container itself, or a rootless engine: give it the device (--device \(node))")
        case .dead, .foreign, .usable:
            return DriverDiagnosis(sentence: "\(node) is there, and no driver behind it", next: load)
        }
    }
}
