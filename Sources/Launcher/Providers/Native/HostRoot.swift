import CLinux
import Linux

/// What of the host's root folder a native pod sees.
struct HostRoot: Equatable {
    /// Top-level folders, to be bound read-only.
    var folders: [String]
    /// Top-level symbolic links, with their targets: `/bin` to `usr/bin`.
    var links: [(name: String, target: String)]
    /// The file that /etc/resolv.conf really is, when that lies in /run, which a pod has of its own.
    var resolverFile: String?

    static func == (a: HostRoot, b: HostRoot) -> Bool {
        a.folders == b.folders && a.links.elementsEqual(b.links, by: ==) && a.resolverFile == b.resolverFile
    }

    /// The system, and nothing that people keep: no /home, /root, /mnt, /tmp or /run.
    private static let candidates = [
        "bin", "etc", "lib", "lib32", "lib64", "libx32", "nix", "opt", "sbin", "snap", "srv", "sys", "usr", "var",
    ]

    /// Whether a pod would see the folder at `path`.
    func contains(_ path: String) -> Bool {
        folders.contains { path.hasPrefix("/\($0)/") }
    }

    static func current() -> HostRoot {
        var root = HostRoot(folders: [], links: [], resolverFile: nil)
        for name in candidates {
            if let target = try? linkTarget("/\(name)", stage: "read /\(name)") {
                root.links.append((name, target))
            } else if access("/\(name)", F_OK) == 0 {
                root.folders.append(name)
            }
        }
        if let file = try? Project.canonical("/etc/resolv.conf"), file.hasPrefix("/run/") { root.resolverFile = file }
        return root
    }
}
