import CLinux
import Linux

/// What is left when the command has ended and everything else is waited for.
enum Survivors {
    /// Sends a signal to all of them: as PID 1 to every process there is, else to our children. Numbers of processes that are not
    /// our children may be somebody else's by now.
    static func send(_ number: Int32) {
        if getpid() == 1 {
            kill(-1, number)
            return
        }
        let stage = "read our children"
        let list = (try? readFile("/proc/thread-self/children", stage: stage)) ?? []
        for word in list.split(separator: UInt8(ascii: " ")) {
            if let pid = pid_t(String(decoding: word, as: UTF8.self)) { kill(pid, number) }
        }
    }
}
