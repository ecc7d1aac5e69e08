using Cea.Feedback.Intake;
using Cea.Feedback.People;
using Cea.Feedback.Replies;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Officers;

/// <summary>Where an officer is told of overdue items: keep what is there, nothing, or an account and an address on it.</summary>
public sealed record ContactChoice(bool Keep, string? AccountId, string? Address)
{
    public static readonly ContactChoice Unchanged = new(true, null, null), None = new(false, null, null);

    /// <summary>The line that was chosen, or null: nothing was, or it is wrong.</summary>
    internal async Task<OfficerContact?> CheckAsync(FieldCheck check, FeedbackDb db, ChannelKinds kinds, CancellationToken ct)
    {
        if (Keep || AccountId is null)
            return null;

        var kind = await db.Accounts.Where(a => a.Id == AccountId).Select(a => a.Kind).FirstOrDefaultAsync(ct);
        var traits = kind is null ? null : kinds.Find(kind)?.Traits;
        check.Need(traits is { CanSend: true }, "contact_account", "cannot_send");
        var address = ContactAddress.Typed(Address ?? "");
        if (traits?.AddressSpace == ContactAddress.Telephone)
            check.Need(ContactAddress.IsTelephone(address), "contact_address", "not_a_number");
        else
            check.Need(address.Length is > 0 and <= 120, "contact_address", "needed");
        return traits is null ? null : new OfficerContact(AccountId, traits.AddressSpace, address);
    }

    public override string ToString() => "[address]";
}

/// <summary>What is asked of an officer, at his making and later.</summary>
public sealed record OfficerFields(string Name, IReadOnlyList<string> OtherNames, IReadOnlyList<string> Roles, string Language, int? ServicePointId, ContactChoice Contact)
{
    private static readonly string[] Languages = ["en", "fr", "es", "ar"]; // of the officers' pages

    internal async Task<OfficerContact?> CheckAsync(FieldCheck check, FeedbackDb db, ChannelKinds kinds, CancellationToken ct)
    {
        check.Text(Name, "display_name", 80);
        check.Need(Names.All(n => n.Length is > 1 and <= 60) && Names.Count <= 20, "other_names", "names_wrong");
        check.Need(Roles.Count > 0, "roles", "needed");
        check.Need(Roles.All(Officers.Roles.All.Contains), "roles", "unknown");
        check.OneOf(Language, Languages, "language");
        check.Need(ServicePointId is null || await db.ServicePoints.AnyAsync(s => s.Id == ServicePointId, ct), "service_point", "unknown");
        return await Contact.CheckAsync(check, db, kinds, ct);
    }

    internal void Fill(OfficerUser officer, OfficerContact? contact, KeyRing keys)
    {
        (officer.DisplayName, officer.OtherNames, officer.Roles, officer.Language, officer.ServicePointId) = (Name.Trim(), [.. Names], [.. Roles.Distinct()], Language, ServicePointId);
        if (!Contact.Keep)
            officer.Contact = contact?.Seal(keys);
    }

    private List<string> Names => [.. OtherNames.Select(n => n.Trim()).Where(n => n.Length > 0).Distinct()];
}
