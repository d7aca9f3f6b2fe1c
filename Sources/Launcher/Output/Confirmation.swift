import CLinux
import Contract

/// A question that is answered by a name, so that nobody answers it by habit.
enum Confirmation {
    /// - Throws: code 7 when the name is not typed, or nobody is there to type it.
    static func ask(_ warning: String, name: String) throws(Failure) {
        guard isatty(STDIN_FILENO) == 1, isatty(STDERR_FILENO) == 1 else {
            throw Failure(.refused, "nobody is there to be asked; give --yes if you mean it")
        }
        Console.printError("\(warning)\nType the project's name (\(name)) to go on:")
        guard readLine(strippingNewline: true) == name else {
            throw Failure(.refused, "that is not the project's name; nothing was changed")
        }
    }
}
