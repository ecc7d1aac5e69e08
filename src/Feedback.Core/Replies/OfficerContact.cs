using System.Text.Json;
using Cea.Feedback.People;
using Cea.Feedback.Storage;

namespace Cea.Feedback.Replies;

/// <summary>An officer's own line, sealed: escalations go there, without content.</summary>
public sealed record OfficerContact(string AccountId, string Space, string Value)
{
    public ContactAddress Address => new(Space, Value);

    public byte[] Seal(KeyRing keys) => keys.Seal(JsonSerializer.SerializeToUtf8Bytes(this), "officer contact");

    public static OfficerContact Open(KeyRing keys, byte[] sealedBytes) => JsonSerializer.Deserialize<OfficerContact>(keys.Open(sealedBytes, "officer contact"))!;

    public override string ToString() => "[address]";
}
