namespace Cea.Feedback.Officers;

/// <summary>What one may do. Every use case declares the right it needs; roles are sets of rights. No right opens a circle: membership does (S3).</summary>
public enum Right
{
    /// <summary>Any signed-in officer.</summary>
    SignedIn,
    ReadItems,
    RecordFeedback,
    Reply,
    Code,
    Assign,
    Close,
    Screen,
    RevealAddress,
    Erase,
    ReadTrends,
    ReadAudit,
    ManageCircles,
    ManageSettings,
    ManageUsers,
    ManageAccounts,
    Export,
    ReadLearning,
    ManageLearning,

    /// <summary>To let a masked text leave that somebody else proposed (S12).</summary>
    ApproveQuotes,

    /// <summary>To say which words stop, erase and ask for confidence: a wrong one swallows messages.</summary>
    ManageKeywords,
}

/// <summary>Roles as in the safeguarding rules, each with its rights.</summary>
public static class Roles
{
    public const string Volunteer = "volunteer", Operator = "operator", Interpreter = "interpreter", Officer = "officer", Circle = "circle",
        Supervisor = "supervisor", DataProtection = "data_protection", Manager = "manager", Administrator = "administrator";

    private static readonly Right[] Handling = [Right.ReadItems, Right.RecordFeedback, Right.Reply, Right.Code, Right.Assign, Right.Close, Right.RevealAddress, Right.ReadTrends];

    private static readonly Dictionary<string, Right[]> Rights = new()
    {
        [Volunteer] = [Right.RecordFeedback],
        [Operator] = [Right.RecordFeedback],
        [Interpreter] = [Right.ReadItems],
        [Officer] = [.. Handling, Right.Export, Right.ReadLearning],
        [Circle] = [.. Handling, Right.Screen, Right.ManageCircles],
        [Supervisor] = [.. Handling, Right.Screen, Right.ManageCircles, Right.ReadAudit, Right.ReadLearning, Right.ManageLearning, Right.ApproveQuotes, Right.ManageKeywords],
        [DataProtection] = [Right.ReadItems, Right.ReadTrends, Right.ReadAudit, Right.Erase, Right.ApproveQuotes],
        [Manager] = [Right.ReadItems, Right.ReadTrends, Right.Export, Right.ReadLearning, Right.ManageLearning],
        [Administrator] = [Right.ManageSettings, Right.ManageKeywords, Right.ManageUsers, Right.ManageAccounts, Right.ReadAudit, Right.ReadLearning, Right.ManageLearning],
    };

    public static IReadOnlyCollection<string> All => Rights.Keys;

    public static IReadOnlySet<Right> RightsOf(IEnumerable<string> roles) =>
        roles.SelectMany(r => Rights.GetValueOrDefault(r) ?? []).Append(Right.SignedIn).ToHashSet();
}

/// <summary>Who is asking. Nobody (id 0) has no rights and sees no rows.</summary>
public sealed record Officer(int Id, string Name, IReadOnlySet<Right> Rights)
{
    public static readonly Officer Nobody = new(0, "", new HashSet<Right>());

    public string Language { get; init; } = "en";

    /// <summary>His private key, unlocked at sign-in; empty for API keys and for who has none.</summary>
    public byte[] PrivateKey { get; init; } = [];

    public bool May(Right right) => Id != 0 && Rights.Contains(right);

    public override string ToString() => $"officer {Id}";
}

/// <summary>The officer of the present request; set once at its edge.</summary>
public sealed class CurrentOfficer
{
    public Officer Officer { get; set; } = Officer.Nobody;
}
