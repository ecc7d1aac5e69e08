using System.Security.Cryptography;
using Cea.Feedback.Storage;
using Microsoft.EntityFrameworkCore;
using OtpNet;

namespace Cea.Feedback.Officers;

/// <summary>
/// The second step at sign-in: a code of six digits from the officer's phone (TOTP, RFC 6238: SHA-1, 30 seconds, one step of leeway), or one of his recovery codes.
/// Each counts once, also when two try it at the same moment.
/// </summary>
public sealed class SecondStep(FeedbackDb db, KeyRing keys, TimeProvider clock)
{
    public const int RecoveryCodes = 10;
    private const int SecretBytes = 20, CodeHalf = 5;
    private const string Purpose = "officer totp", Symbols = "23456789abcdefghjkmnpqrstuvwxyz";
    private static readonly VerificationWindow Leeway = new(previous: 1, future: 1);

    public static byte[] NewSecret() => RandomNumberGenerator.GetBytes(SecretBytes);

    public static IReadOnlyList<string> NewRecoveryCodes() =>
        [.. Enumerable.Range(0, RecoveryCodes).Select(_ => $"{RandomNumberGenerator.GetString(Symbols, CodeHalf)}-{RandomNumberGenerator.GetString(Symbols, CodeHalf)}")];

    public byte[] Seal(byte[] secret) => keys.Seal(secret, Purpose);

    /// <summary>What the phone reads, as text to type and as the address that its picture holds.</summary>
    public (string Secret, string Uri) ForThePhone(byte[] sealedSecret, string userName)
    {
        var secret = Base32Encoding.ToString(keys.Open(sealedSecret, Purpose));
        return (secret, new OtpUri(OtpType.Totp, secret, userName, "Cea").ToString());
    }

    /// <summary>Takes a code of the phone or of the paper; false when it is neither, or was used before.</summary>
    public async Task<bool> TakeAsync(OfficerUser user, string? typed, CancellationToken ct) =>
        user.TotpConfirmedAt is not null && (await TakePhoneCodeAsync(user, typed, ct) || await TakeRecoveryCodeAsync(user.Id, typed, ct));

    /// <summary>Takes a code of the phone only, also of one that is not in force yet.</summary>
    public async Task<bool> TakePhoneCodeAsync(OfficerUser user, string? typed, CancellationToken ct)
    {
        var code = new string([.. (typed ?? "").Select(Digit).Where(c => c is not (' ' or '-'))]);
        if (user.Totp is null || !new Totp(keys.Open(user.Totp, Purpose)).VerifyTotp(clock.GetUtcNow().UtcDateTime, code, out var step, Leeway))
            return false;
        return await db.Database.ExecuteSqlAsync($"update officer set totp_step = {step} where id = {user.Id} and totp_step < {step}", ct) == 1;
    }

    /// <summary>New codes in place of all earlier ones; only their keyed hashes are kept.</summary>
    public async Task ReplaceRecoveryCodesAsync(int officerId, IReadOnlyList<string> codes, CancellationToken ct)
    {
        await db.Database.ExecuteSqlAsync($"delete from recovery_code where officer_id = {officerId}", ct);
        foreach (var code in codes)
            await db.Database.ExecuteSqlAsync($"insert into recovery_code (officer_id, hash) values ({officerId}, {HashOf(officerId, code)})", ct);
    }

    public Task<int> RecoveryCodesLeftAsync(int officerId, CancellationToken ct) =>
        db.Database.SqlQuery<int>($"select count(*)::int as \"Value\" from recovery_code where officer_id = {officerId} and used_at is null").SingleAsync(ct);

    /// <summary>As if it had never been set up.</summary>
    public Task ForgetAsync(OfficerUser user, CancellationToken ct)
    {
        (user.Totp, user.TotpConfirmedAt) = (null, null);
        return db.Database.ExecuteSqlAsync($"delete from recovery_code where officer_id = {user.Id}", ct);
    }

    private async Task<bool> TakeRecoveryCodeAsync(int officerId, string? typed, CancellationToken ct)
    {
        var hash = HashOf(officerId, typed ?? "");
        if (await db.Database.ExecuteSqlAsync($"update recovery_code set used_at = {clock.GetUtcNow()} where officer_id = {officerId} and hash = {hash} and used_at is null", ct) == 0)
            return false;
        await db.Database.ExecuteSqlAsync($"insert into audit (officer_id, act) values ({officerId}, 'RecoveryCodeUsed')", ct);
        return true;
    }

    private byte[] HashOf(int officerId, string code) => keys.Hash($"recovery code {officerId}", new string([.. code.ToLowerInvariant().Select(Digit).Where(char.IsAsciiLetterOrDigit)]));

    // Arabic and Persian keyboards type their own digits.
    private static char Digit(char c) => char.IsDigit(c) ? (char)('0' + (int)char.GetNumericValue(c)) : c;
}
