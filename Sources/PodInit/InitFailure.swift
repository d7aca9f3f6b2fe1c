import Contract
import Linux

/// Why `tazpod-init` ends itself: the sentence it prints and its exit status.
struct InitFailure: Error, Equatable {
    var status: Int32
    var sentence: String

    init(status: Int32, _ sentence: Sentence) {
        self.status = status
        self.sentence = sentence.text
    }

    /// A system call failed before there was a command to run or a pod to supervise.
    init(_ error: SystemError) {
        self.init(status: 1, "\(error.sentence)")
    }
}

@discardableResult
func initFailing<Result: ~Copyable>(_ body: () throws(SystemError) -> Result) throws(InitFailure) -> Result {
    do {
        return try body()
    } catch {
        throw InitFailure(error)
    }
}
