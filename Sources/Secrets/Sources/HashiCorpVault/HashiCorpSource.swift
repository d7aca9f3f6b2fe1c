import Contract
import Linux
import SecretsPlan

/// Secrets of HashiCorp Vault's key-value engine, version 2. Items that are fields of one path share a request.
struct HashiCorpSource: SecretSource, LoginSource, RenewingSource {
    let context: SourceContext

    var store: LoginStore { HashiCorpLogin.store(context) }

    func login(_ prompt: LoginPrompt, method: String?) throws(Failure) {
        try HashiCorpLogin(context).login(prompt, method: method)
    }

    func fetch(_ items: [PullItem], into delivery: Delivery) {
        var named: [(key: HashiCorpPath, item: PullItem)] = []
        for item in items {
            do throws(Failure) {
                named.append((try HashiCorpPath(of: item, settings: context.settings), item))
            } catch {
                delivery.fail(item, error)
            }
        }
        if named.isEmpty { return }
        do throws(Failure) {
            try fetch(ItemGroup.groups(named), into: delivery)
        } catch {
            for (_, item) in named { delivery.fail(item, error) }
        }
    }

    private func fetch(_ paths: [ItemGroup<HashiCorpPath>], into delivery: Delivery) throws(Failure) {
        let login = try HashiCorpLogin(context)
        try login.askIfNeeded()
        try login.tokens.send(paths.map { login.server.read($0.key) }) { index, result in
            let path = paths[index]
            do throws(Failure) {
                let fields = try login.server.fields(try result.get(), of: path.key)
                for item in path.items {
                    delivery.deliver(item) { () throws(Failure) in
                        try fields.value(item.hashiCorpField, in: path.key, at: login.server.host)
                    }
                }
            } catch {
                for item in path.items { delivery.fail(item, error) }
            }
        }
    }
}
