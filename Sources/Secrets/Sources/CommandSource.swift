import Contract
import SecretsPlan

/// What any program prints. It runs in the ghost, with all that the ghost may; `PullVerb` has the user accept it before.
struct CommandSource: SecretSource {
    let context: SourceContext

    func fetch(_ items: [PullItem], into delivery: Delivery) {
        for item in items {
            delivery.deliver(item) { () throws(Failure) in
                try ProgramRun(arguments: item.command, directory: context.project).output()
            }
        }
    }
}
