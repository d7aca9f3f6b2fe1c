import Contract
import Linux
import SecretsPlan

/// Entries of pass, the standard Unix password manager (pass(1)).
struct PassSource: SecretSource {
    let context: SourceContext

    func fetch(_ items: [PullItem], into delivery: Delivery) {
        for item in items {
            delivery.deliver(item) { () throws(Failure) in
                let entry = item.options["path"] ?? item.name
                // pass takes what begins with a dash for an option.
                if entry.hasPrefix("-") { throw Failure(.project, "pass has no entry \(entry)") }
                let all = try ProgramRun(
                    arguments: ["pass", "show", entry], environment: environment, directory: context.project
                ).output()
                return item.options["line"] == "all" ? all : try PassSource.firstLine(all)
            }
        }
    }

    private var environment: [[UInt8]] {
        guard let store = context.settings["store"] else { return Linux.environment() }
        let kept = Linux.environment().filter { !$0.starts(with: "PASSWORD_STORE_DIR=".utf8) }
        return kept + utf8("PASSWORD_STORE_DIR=\(context.vault.path)/\(store)")
    }

    /// By pass's own convention the password is the first line, and notes follow.
    static func firstLine(_ all: borrowing SecretBuffer) throws(Failure) -> SecretBuffer {
        var line = try SecretBuffer.make(capacity: max(all.count, 1))
        line.fill { target in
            all.withBytes { bytes in
                let length = bytes.firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
                target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<length]))
                return length
            }
        }
        return line
    }
}
