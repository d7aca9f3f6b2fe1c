import Linux

/// Why something could not be done: the error that every TazPod program ends with, and that travels over the control socket.
public struct Failure: Error, Equatable {
    public var code: ExitCode
    /// What failed, and what to do next: one sentence, or two, without a final newline.
    public var sentence: String

    public init(_ code: ExitCode, _ sentence: String) {
        self.code = code
        self.sentence = sentence
    }

    /// A system call failed; `next` says what to do about it.
    public init(_ code: ExitCode, _ error: SystemError, next: String = "") {
        self.code = code
        sentence = next.isEmpty ? error.sentence : "\(error.sentence); \(next)"
    }
}

/// Runs `body`, and turns a system call's error into a failure with `code` and a next step.
@discardableResult
public func failing<Result: ~Copyable>(
    _ code: ExitCode, next: String = "", _ body: () throws(SystemError) -> Result
) throws(Failure) -> Result {
    do {
        return try body()
    } catch {
        throw Failure(code, error, next: next)
    }
}
