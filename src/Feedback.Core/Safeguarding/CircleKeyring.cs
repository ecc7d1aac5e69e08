using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Safeguarding;

/// <summary>The private keys of the circles that the present officer is a member of, opened with the key that his password opened. Empty for everybody else.</summary>
public sealed class CircleKeyring(FeedbackDb db, Officer officer)
{
    private IReadOnlyList<byte[]>? _keys;

    public async Task<IReadOnlyList<byte[]>> KeysAsync(CancellationToken ct)
    {
        if (_keys is not null)
            return _keys;
        if (officer.PrivateKey.Length == 0)
            return _keys = [];
        var wrapped = await db.CircleMembers.AsNoTracking().Where(m => m.OfficerId == officer.Id && m.ConfirmedAt != null && m.WrappedKey != null).Select(m => m.WrappedKey!).ToListAsync(ct);
        return _keys = [.. wrapped.Select(w => CircleKeys.Unwrap(w, officer.PrivateKey)).OfType<byte[]>()];
    }

    /// <summary>The private key of one circle, to wrap it for a new member; null when the officer does not hold it.</summary>
    public async Task<byte[]?> KeyOfAsync(short circleId, CancellationToken ct) =>
        officer.PrivateKey.Length > 0 && await db.CircleMembers.AsNoTracking().Where(m => m.OfficerId == officer.Id && m.CircleId == circleId && m.ConfirmedAt != null).Select(m => m.WrappedKey).SingleOrDefaultAsync(ct) is { } wrapped
            ? CircleKeys.Unwrap(wrapped, officer.PrivateKey) : null;
}
