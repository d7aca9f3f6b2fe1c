import ArgumentParser
import Contract
import Linux

struct SSHConfigCommand: AsyncVerb {
    static let configuration = CommandConfiguration(
        commandName: "ssh-config", abstract: "Print, or write, what lets ssh and editors into the pod.",
        discussion: """
            A Host whose connection is tazpod itself: no port, no network, and keys that are made for this pod alone. With \
            --session ghost it leads into the open enclave, after the same proof as tazpod attach ghost. docs/editors.md tells \
            how editors use it.

            Example: tazpod ssh-config --write && ssh $(tazpod ssh-config --name)
            """)

    @Option(help: "Where it leads: main, the public area, or ghost.")
    var session = SSHSession.main

    @Flag(help: "Put it in a file of its own, under ~/.ssh/tazpod.d, that ~/.ssh/config includes.")
    var write = false

    @Flag(help: "Take away what --write made, and the keys.")
    var remove = false

    @Flag(help: "Print no more than the name that ssh knows it by.")
    var name = false

    @OptionGroup var options: GlobalOptions

    /// What scripts see.
    private struct Published: Encodable {
        var host: String
        var session: String
        var user: String
        var config: String
        /// Where it was written.
        var file: String?
    }

    func validate() throws {
        if [write, remove, name].filter({ $0 }).count > 1 { throw ValidationError("give one of --write, --remove and --name") }
    }

    func run() async throws {
        let project = try options.findProject()
        let keys = SSHKeys.of(podName: project.podName, session)
        let entry = SSHHostEntry(
            session: session, podName: project.podName, user: project.config.user, project: project.directory, keys: keys,
            program: try failing(.provider) { () throws(SystemError) in try ownFolder() } + "/tazpod")
        if name { return Console.printLine(entry.host) }
        if remove { return session.forget(podName: project.podName) }
        let file = write ? try SSHConfigFile(host: entry.host) : nil
        try keys.make(for: entry.host, log: options.log)
        try file?.write(entry.text)
        if options.json {
            Console.printJSON(
                Published(
                    host: entry.host, session: session.rawValue, user: entry.user, config: entry.text, file: file?.path))
        } else if let file {
            options.log.notice("wrote \(file.path); try: ssh \(entry.host)")
        } else {
            Console.printLine(entry.text)
        }
    }
}
