import Contract
import Linux

/// Guessing a passphrase costs time: `tazpod-init`, which outlives us, counts what was wrong.
extension Keeper {
    /// Whether `client` may try a passphrase now.
    ///
    /// - Throws: code 7 while it has to wait.
    func checkGuess(_ client: Client) throws(Failure) {
        guard Defence.guessPause.isOn else { return }
        let request = client.request
        if request.pause > 0 {
            throw Failure(.refused, "too many wrong passphrases in a row; try again in \(request.pause) seconds")
        }
        let underWay = clients.values.filter {
            ($0.prover != nil || $0 === maintenance?.client) && $0.request.peerUID == request.peerUID
        }.count
        // What was found wrong while the request was on its way is not counted in its tries yet.
        if underWay >= request.tries || request.proofsHeard != proofsTold {
            throw Failure(.refused, "other passphrases are being tried just now; try again when that is over")
        }
    }

    func tellGuess(_ client: Client, isRight: Bool) {
        var message = Message("proof").adding("uid", String(client.request.peerUID))
        if isRight { message.add("right", "1") }
        guard (try? commander.send(message.encoded)) != nil else { return }
        proofsTold &+= 1
    }
}
