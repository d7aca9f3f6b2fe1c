import Contract
import Linux
import SecretsPlan

/// Secrets of Infisical: by its REST API with a login that the vault keeps, or by its own program where that is logged in instead.
struct InfisicalSource: SecretSource, LoginSource, RenewingSource {
    let context: SourceContext

    var store: LoginStore { InfisicalLogin.store(context) }

    func login(_ prompt: LoginPrompt, method: String?) throws(Failure) {
        try InfisicalLogin(context).login(prompt, method: method)
    }

    func fetch(_ items: [PullItem], into delivery: Delivery) {
        var named: [(key: InfisicalFolder, item: PullItem)] = []
        for item in items {
            do throws(Failure) {
                named.append((try InfisicalFolder(of: item, settings: context.settings), item))
            } catch {
                delivery.fail(item, error)
            }
        }
        if named.isEmpty { return }
        let folders = ItemGroup.groups(named)
        do throws(Failure) {
            try fetch(folders, into: delivery)
        } catch {
            for (_, item) in named { delivery.fail(item, error) }
        }
    }

    private func fetch(_ folders: [ItemGroup<InfisicalFolder>], into delivery: Delivery) throws(Failure) {
        let login = try InfisicalLogin(context)
        if try !login.isKept, let program = InfisicalProgram(server: login.server.address, context: context) {
            for folder in folders { program.fetch(folder, host: login.server.host, into: delivery) }
            return
        }
        try login.askIfNeeded()
        try login.tokens.send(folders.map { login.server.list($0.key) }) { index, result in
            let folder = folders[index]
            do throws(Failure) {
                let list = try login.server.secrets(try result.get(), of: folder.key)
                for item in folder.items {
                    delivery.deliver(item) { () throws(Failure) in
                        try list.value(item.infisicalKey, in: folder.key, at: login.server.host)
                    }
                }
            } catch {
                for item in folder.items { delivery.fail(item, error) }
            }
        }
    }
}
