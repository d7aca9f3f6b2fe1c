/// The variables that a project's config sets for its shells.
///
/// Whoever can write the project can write that config, so no program of root's may find them in its environment, where they
/// could name libraries to load (ld.so(8)). They travel under another name, and get their own back only for the user's processes.
public enum WorkspaceEnvironment {
    /// Before the name of each.
    public static let prefix = "TAZPOD_ENV_"

    /// What a process of the user finds: the pod's environment without what is meant for TazPod's programs, and over it what the
    /// config sets.
    ///
    /// - Parameter pod: `NAME=value`, as PID 1 was given them.
    public static func expanded(_ pod: [[UInt8]]) -> [[UInt8]] {
        let set = pod.filter { $0.starts(with: prefix.utf8) }.map { Array($0.dropFirst(prefix.utf8.count)) }
        let others = pod.filter { variable in
            !variable.starts(with: "TAZPOD_".utf8)
                && !set.contains {
                    $0.prefix { $0 != UInt8(ascii: "=") }.elementsEqual(variable.prefix { $0 != UInt8(ascii: "=") })
                }
        }
        return [others, set].flatMap { $0 }
    }
}
