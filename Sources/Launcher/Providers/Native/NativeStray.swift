import CLinux
import Contract
import FoundationEssentials
import Linux
import Logging

/// A pod whose launcher was killed between starting it and writing down its pid. It is found by what bubblewrap was told: no other
/// process has the pod's own folder as a mount.
enum NativeStray {
    private struct Process {
        var pid: Int32
        var parent: Int32
        /// It is bubblewrap with the pod's folder, or was a moment ago.
        var isBuilder: Bool
    }

    /// - Parameter folder: The pod's own, of which nobody may be running by a record.
    static func end(of folder: String, log: Logger) throws {
        let processes = processes(of: folder)
        let builders = Set(processes.filter { $0.isBuilder }.map { $0.pid })
        if builders.isEmpty { return }
        log.debug("ending what a killed tazpod left of this pod")
        for process in processes where builders.contains(process.parent) && !process.isBuilder {
            try NativeProvider.end(process.pid)
        }
        // Nothing is open yet in a pod that is still being built, and its first process would not hear a SIGTERM.
        for builder in builders { kill(builder, SIGKILL) }
    }

    private static func processes(of folder: String) -> [Process] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { Int32($0) }.compactMap { pid in
            guard isOurs(pid), let parent = parent(of: pid) else { return nil }
            return Process(pid: pid, parent: parent, isBuilder: isBuilder(pid, "\(folder)/home"))
        }
    }

    /// Root ends nothing that another user could have dressed up.
    private static func isOurs(_ pid: Int32) -> Bool {
        var status = stat()
        return geteuid() != 0 || (stat("/proc/\(pid)", &status) == 0 && status.st_uid == 0)
    }

    private static func isBuilder(_ pid: Int32, _ home: String) -> Bool {
        let bytes = (try? readFile("/proc/\(pid)/cmdline", stage: "look at process \(pid)")) ?? []
        let words = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        return words.first == NativeLayout.builder && zip(words, words.dropFirst()).contains { $0 == "--bind" && $1 == home }
    }

    /// Field 4 of proc_pid_stat(5), after the program's name in parentheses, which may hold anything.
    private static func parent(of pid: Int32) -> Int32? {
        let text = String(decoding: (try? readFile("/proc/\(pid)/stat", stage: "look at process \(pid)")) ?? [], as: UTF8.self)
        let fields = (text.split(separator: ")").last ?? "").split(separator: " ")
        return fields.count > 1 ? Int32(fields[1]) : nil
    }
}
