using System.Buffers.Text;
using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using Cea.Channels.Twilio;
using Cea.Feedback.Intake;
using Cea.Feedback.People;

namespace Cea.Channels.TwilioVoice;

/// <summary>Who calls: a number that can be called back, or nobody.</summary>
internal static class Caller
{
    private const int NonceSize = 12, TagSize = 16;

    // What carriers send for a withheld number: words, or the same words typed on a telephone's keys.
    private static readonly FrozenSet<string> Withheld = new[] { "+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253", "+464" }.ToFrozenSet();

    /// <summary>The caller's address; null when the number is withheld, or is none. A withheld one is never a person shared by everybody.</summary>
    public static ContactAddress? Of(string? from) =>
        ContactAddress.IsTelephone(from) && !Withheld.Contains(from) ? new ContactAddress(ContactAddress.Telephone, from) : null;

    /// <summary>
    /// The caller for an address that Twilio calls without naming him: the word of a finished recording. Sealed with the account's token and bound to the call, so that no number
    /// stands in an address. The nonce comes of what is sealed: the same call has the same address again.
    /// </summary>
    public static string Seal(string call, ContactAddress from, ChannelAccount account)
    {
        var key = Key(TwilioRest.Tokens(account).First());
        var text = Encoding.UTF8.GetBytes(from.Value);
        var bytes = new byte[NonceSize + text.Length + TagSize];
        HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{call} {from.Value}")).AsSpan(0, NonceSize).CopyTo(bytes);
        using var aes = new AesGcm(key, TagSize);
        aes.Encrypt(bytes.AsSpan(0, NonceSize), text, bytes.AsSpan(NonceSize, text.Length), bytes.AsSpan(NonceSize + text.Length), Encoding.UTF8.GetBytes(call));
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>Null for what is not ours, or is another call's.</summary>
    public static ContactAddress? Open(string call, string? sealedText, ChannelAccount account)
    {
        if (sealedText is not { Length: > 0 and <= 200 } || !Base64Url.IsValid(sealedText))
            return null;
        var bytes = Base64Url.DecodeFromChars(sealedText);
        if (bytes.Length <= NonceSize + TagSize)
            return null;
        foreach (var token in TwilioRest.Tokens(account))
        {
            var text = new byte[bytes.Length - NonceSize - TagSize];
            try
            {
                using var aes = new AesGcm(Key(token), TagSize);
                aes.Decrypt(bytes.AsSpan(0, NonceSize), bytes.AsSpan(NonceSize, text.Length), bytes.AsSpan(NonceSize + text.Length), text, Encoding.UTF8.GetBytes(call));
                return Of(Encoding.UTF8.GetString(text));
            }
            catch (AuthenticationTagMismatchException)
            {
                // sealed with another of the tokens, or not by us
            }
        }
        return null;
    }

    private static byte[] Key(string token) => HKDF.DeriveKey(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(token), 32, info: "cea caller"u8.ToArray());
}
