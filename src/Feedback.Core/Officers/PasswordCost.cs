namespace Cea.Feedback.Officers;

/// <summary>What one guess costs whoever holds a copy of the table: iterations of PBKDF2, OWASP's figures. Every hash and every locked key carries its own, so that these may rise.</summary>
public static class PasswordCost
{
    /// <summary>Of a password's hash, HMAC-SHA512.</summary>
    public static int Hash { get; internal set; } = 210_000;

    /// <summary>Of the lock on an officer's private key, HMAC-SHA256.</summary>
    public static int Lock { get; internal set; } = 600_000;
}
