using Cea.Feedback.Safeguarding;
using Cea.Feedback.Storage;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Officers;

/// <summary>
/// The officer changes his password himself: his private key moves under the new one. In place of a password that somebody else had set comes a new pair as well, for whoever
/// knew that password and keeps a copy of the table could open the old pair for ever.
/// </summary>
public sealed class OwnPassword(FeedbackDb db)
{
    /// <summary>Prepares the change, which is written together with the password. His private key; null when he has none, or the old password is wrong.</summary>
    public async Task<byte[]?> TakeKeyAlongAsync(OfficerUser user, string old, string fresh, CancellationToken ct)
    {
        var key = user.UnlockKey(old);
        if (key is not null && user.MustChangePassword)
        {
            var (pub, priv) = CircleKeys.NewPair();
            foreach (var member in await db.CircleMembers.Where(m => m.OfficerId == user.Id && m.WrappedKey != null).ToListAsync(ct))
                member.WrappedKey = CircleKeys.Unwrap(member.WrappedKey!, key) is { } circleKey ? CircleKeys.Wrap(circleKey, pub) : null;
            (user.PublicKey, key) = (pub, priv);
        }
        if (key is not null)
            user.LockKey(key, fresh);
        user.MustChangePassword = false;
        return key;
    }
}
