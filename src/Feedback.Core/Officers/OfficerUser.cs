using Cea.Feedback.Safeguarding;
using Microsoft.AspNetCore.Identity;

namespace Cea.Feedback.Officers;

/// <summary>An officer's account. His key pair is made at his first sign-in and locked with his password: whoever resets the password loses his circles' keys.</summary>
public sealed class OfficerUser : IdentityUser<int>
{
    public string DisplayName { get; set; } = "";

    /// <summary>Nicknames and titles by which people know him: a complaint that uses one goes to somebody else (S4).</summary>
    public string[] OtherNames { get; set; } = [];
    public string[] Roles { get; set; } = [];
    public string Language { get; set; } = "en";
    public int? ServicePointId { get; set; }
    public byte[]? PublicKey { get; set; }

    /// <summary>Locked with his password; how many iterations that takes is kept beside it.</summary>
    public byte[]? PrivateKey { get; private set; }
    public int PrivateKeyIterations { get; private set; } = PasswordCost.Lock;

    /// <summary>Sealed: account and address of his own line, for escalations.</summary>
    public byte[]? Contact { get; set; }
    public bool MustChangePassword { get; set; }

    /// <summary>Sealed: the secret of his phone. In force once <see cref="TotpConfirmedAt"/> is set.</summary>
    public byte[]? Totp { get; set; }
    public DateTimeOffset? TotpConfirmedAt { get; set; }
    public bool Active { get; set; } = true;

    public void LockKey(byte[] privateKey, string password) => (PrivateKey, PrivateKeyIterations) = (CircleKeys.LockWithPassword(privateKey, password, PasswordCost.Lock), PasswordCost.Lock);

    /// <summary>His private key; null when he has none or the password is another.</summary>
    public byte[]? UnlockKey(string password) => PrivateKey is null ? null : CircleKeys.UnlockWithPassword(PrivateKey, password, PrivateKeyIterations);
}

/// <summary>A team, with its working hours.</summary>
public sealed class Team
{
    public int Id { get; set; }
    public string Name { get; set; } = "";
    public string Calendar { get; set; } = """{"time_zone":"UTC","days":{},"holidays":[]}""";
    public bool Active { get; set; } = true;
}

public sealed class TeamMember
{
    public int TeamId { get; set; }
    public int OfficerId { get; set; }
}
