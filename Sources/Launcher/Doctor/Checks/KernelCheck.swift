/// Whether the kernel has the calls that TazPod's programs make.
enum KernelCheck {
    /// close_range(2) with CLOSE_RANGE_CLOEXEC is the newest of them; LOOP_CONFIGURE came with 5.8, openat2(2) with 5.6,
    /// pidfd_open(2) with 5.3, fsopen(2) with 5.2.
    private static let needed = (5, 11)

    static func finding(release: String?) -> Finding {
        let name = "kernel"
        guard let release, let version = version(release) else {
            return .notApplicable(name, "its version is not known here")
        }
        guard version >= needed else {
            return .missing(
                name, "Linux \(release) is too old", next: "TazPod needs \(needed.0).\(needed.1) or newer: install a newer kernel"
            )
        }
        return .ok(name, "Linux \(release)")
    }

    /// The two numbers that a release begins with (uname(2)).
    private static func version(_ release: String) -> (Int, Int)? {
        let parts = release.split(separator: ".", maxSplits: 2)
        guard parts.count >= 2, let major = Int(parts[0]), let minor = Int(parts[1].prefix { $0.isNumber }) else { return nil }
        return (major, minor)
    }
}
