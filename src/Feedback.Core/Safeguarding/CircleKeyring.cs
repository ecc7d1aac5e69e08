using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Safeguarding;

/// <summary>The private keys of the circles that the present officer is a member of, opened with the key that his password opened. Empty for everybody else.</summary>
public sealed class CircleKeyring(FeedbackDb db, Officer officer)
{
    private IReadOnlyList<(short CircleId, byte[] Key)>? _keys;

    public Task<IReadOnlyList<byte[]>> KeysAsync(CancellationToken ct) => KeysAsync(Circle.Open.Id, ct);

    /// <summary>All of them, this circle's first: what it holds opens at the first try, and a try costs a fraction of a millisecond for each line of a list.</summary>
    public async Task<IReadOnlyList<byte[]>> KeysAsync(short circleId, CancellationToken ct)
    {
        _keys ??= officer.PrivateKey.Length == 0 ? []
            : [.. (await db.CircleMembers.AsNoTracking().Where(m => m.OfficerId == officer.Id && m.ConfirmedAt != null && m.WrappedKey != null).Select(m => new { m.CircleId, m.WrappedKey }).ToListAsync(ct))
                .Select(m => (m.CircleId, Key: CircleKeys.Unwrap(m.WrappedKey!, officer.PrivateKey))).Where(m => m.Key is not null).Select(m => (m.CircleId, m.Key!))];
        return [.. _keys.OrderBy(k => k.CircleId != circleId).Select(k => k.Key)];
    }

    /// <summary>The private key of one circle, to wrap it for a new member; null when the officer does not hold it.</summary>
    public async Task<byte[]?> KeyOfAsync(short circleId, CancellationToken ct) =>
        officer.PrivateKey.Length > 0 && await db.CircleMembers.AsNoTracking().Where(m => m.OfficerId == officer.Id && m.CircleId == circleId && m.ConfirmedAt != null).Select(m => m.WrappedKey).SingleOrDefaultAsync(ct) is { } wrapped
            ? CircleKeys.Unwrap(wrapped, officer.PrivateKey) : null;
}
