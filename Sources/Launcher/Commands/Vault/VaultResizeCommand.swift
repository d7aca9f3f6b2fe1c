import ArgumentParser
import Contract

struct VaultResizeCommand: AsyncVerb, PodVerb {
    static let configuration = CommandConfiguration(
        commandName: "resize", abstract: "Make the locked vault larger or smaller.",
        discussion: """
            The work is done on a copy of the image, beside it, that takes its place when it is finished: broken off at any \
            moment, the vault is as it was. The disk needs room for that copy.

            Example: tazpod vault resize 2GiB
            """)

    @Argument(help: "The image's new size, as 512MiB or 2GiB.")
    var size: String

    @OptionGroup var key: KeyOptions
    @OptionGroup var options: GlobalOptions

    func validate() throws {
        if Quantities.bytes(size) == nil { throw ValidationError("\(size) is no size; write it as 512MiB or 2GiB") }
    }

    func runInPod() throws {
        let bytes = Quantities.bytes(size) ?? 0
        let answer = try VaultClient(action: "resize", passphrase: key.origin, fields: [("size", String(bytes))]).run()
        let room = answer.text("data-size").flatMap { UInt64($0) } ?? 0
        options.log.notice("the vault has \(Quantities.text(room)) for its files now")
    }

    func run() async throws {
        try await HostVault(options).become(["resize", size] + options.passedOn, passphrase: key.origin)
    }
}
