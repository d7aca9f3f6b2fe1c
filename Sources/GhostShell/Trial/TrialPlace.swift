import CLinux
import Contract
import Linux

/// What a trial's place has for drivers, to be able to say why one does not work.
enum TrialPlace {
    static func look(_ trials: inout DriverTrials) {
        for node in [DeviceNode.fuse, .loopControl, .mapperControl] { trials.nodes[node.path] = node.state }
        trials.kernelFeatures = kernelFeatures(
            filesystems: text(of: "/proc/filesystems"), miscellaneous: text(of: "/proc/misc"), devices: text(of: "/proc/devices"))
        trials.swaps = SwapSpace.onDisk(text(of: "/proc/swaps"))
        trials.userNamespaces = UInt64(text(of: "/proc/sys/user/max_user_namespaces").filter { !$0.isWhitespace })
        trials.isInUserNamespace = isPart(idMap: text(of: "/proc/self/uid_map"))
        var limit = rlimit()
        if getrlimit(__RLIMIT_MEMLOCK, &limit) == 0, limit.rlim_cur != rlim_t.max {
            trials.lockableMemory = UInt64(limit.rlim_cur)
        }
    }

    /// Whether a user namespace of this map has some of the machine's ids and not all: only the first one has all (user_namespaces(7)).
    static func isPart(idMap: String) -> Bool {
        let words = idMap.split { $0 == " " || $0 == "\n" }
        return !words.isEmpty && words != ["0", "0", "4294967295"]
    }

    /// What the kernel lists, by TazPod's names (proc_filesystems(5), proc_devices(5)).
    static func kernelFeatures(filesystems: String, miscellaneous: String, devices: String) -> [String] {
        let lists = { (text: String, name: String) in
            text.split(separator: "\n").contains { $0.split { $0 == " " || $0 == "\t" }.last.map { $0 == name } ?? false }
        }
        return [
            ("fuse", lists(filesystems, "fuse")), ("ext4", lists(filesystems, "ext4")), ("loop", lists(devices, "loop")),
            ("device-mapper", lists(miscellaneous, "device-mapper")),
        ].filter { $0.1 }.map { $0.0 }
    }

    private static func text(of path: String) -> String {
        String(decoding: (try? readFile(path, stage: "read \(path)")) ?? [], as: UTF8.self)
    }
}
