/// Which of a pod's places a project may put something of its own at, and which of the host's it may never see.
enum PodPlaces {
    /// Where root's programs in the pod come from, and where TazPod keeps its own.
    private static let system = [
        "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/usr/bin", "/usr/sbin", "/usr/lib", "/usr/lib32", "/usr/lib64",
        "/usr/libexec",
        "/usr/local/bin", "/usr/local/sbin", "/usr/local/lib", "/etc", "/proc", "/sys", "/dev", "/root", "/run/tazpod",
    ]

    /// Whoever reaches one of these is root of the host, or sees all of it.
    private static let host = [
        "/proc", "/sys", "/dev", "/run/docker.sock", "/var/run/docker.sock", "/run/podman/podman.sock",
        "/var/run/podman/podman.sock",
        "/run/containerd/containerd.sock", "/run/crio/crio.sock", "/var/lib/docker", "/var/lib/containers", "/var/lib/tazpod",
    ]

    /// Whether something at `path` would cover, or be among, what root runs in the pod.
    static func areSystems(_ path: String) -> Bool {
        system.contains { overlap(parts(path), parts($0)) }
    }

    static func areHosts(_ path: String) -> Bool {
        host.contains { overlap(parts(path), parts($0)) } || path.hasSuffix(".sock")
    }

    /// Whether one is the other, or in it.
    private static func overlap(_ a: [Substring], _ b: [Substring]) -> Bool {
        a.starts(with: b) || b.starts(with: a)
    }

    private static func parts(_ path: String) -> [Substring] { path.split(separator: "/").filter { $0 != "." } }
}
