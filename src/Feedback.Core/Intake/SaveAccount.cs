using System.Text.Json;
using Cea.Feedback.Officers;
using Cea.Feedback.Routing;
using Cea.Feedback.Storage;
using Cea.Feedback.Texts;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;

namespace Cea.Feedback.Intake;

/// <summary>
/// Adds a line, not open yet, or changes one. A secret left empty stays as it was; none is ever shown, and none goes to another host than it was typed for. Lines of the environment are
/// changed there.
/// </summary>
public sealed record SaveAccount(string Id, string Kind, bool New, IReadOnlyDictionary<string, string> Settings, int? ServicePointId, IReadOnlyList<string> Languages, Guid ClientId) : IWrite<string>
{
    public Right Needs => Right.ManageAccounts;

    public object? AuditDetail => new { account = Id, Kind };

    public override string ToString() => $"{nameof(SaveAccount)} {Id}"; // the settings hold secrets

    internal sealed class Handler(FeedbackDb db, KeyRing keys, ChannelKinds kinds, IConfiguration configuration) : IRequestHandler<SaveAccount, string>
    {
        public async Task<string> Handle(SaveAccount request, CancellationToken ct)
        {
            var check = new FieldCheck();
            var row = await db.Accounts.FindAsync([request.Id], ct);
            if (request.New)
            {
                check.Need(request.Id.Length is > 0 and <= 63 && request.Id[0] != '-' && request.Id.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-'), "id", "slug_wrong");
                check.Need(row is null && !AccountSettings.IsFixed(configuration, request.Id), "id", "taken");
                check.Need(kinds.Find(request.Kind) is not null, "kind", "unknown");
                check.Refuse();
                row = new AccountRow { Id = request.Id, Kind = request.Kind, Enabled = false };
            }
            else if (row is null)
            {
                throw new RuleException("account_not_found");
            }
            if (AccountSettings.IsFixed(configuration, row.Id))
                throw new RuleException("account_fixed");
            await FillAsync(row, request, check, ct);

            if (request.New)
                db.Accounts.Add(row);
            return row.Id;
        }

        private async Task FillAsync(AccountRow row, SaveAccount request, FieldCheck check, CancellationToken ct)
        {
            var had = AccountSettings.Of(row, configuration, keys);
            var settings = new Dictionary<string, string>();
            var known = kinds.Find(row.Kind)?.Settings ?? [];
            var untyped = false;
            foreach (var setting in known)
            {
                var typed = request.Settings.GetValueOrDefault(setting.Name)?.Trim();
                var value = !string.IsNullOrEmpty(typed) ? typed : setting.Secret ? had.GetValueOrDefault(setting.Name) : null;
                untyped |= setting.Secret && value is not null && string.IsNullOrEmpty(typed);
                check.Need(!setting.Required || value is not null, $"setting_{setting.Name}", "needed");
                check.Need(value is null || value.Length <= 1000, $"setting_{setting.Name}", "too_long");
                check.Need(setting.Name != AccountSetting.Provider || value is null || MayHoldSecrets(value), $"setting_{setting.Name}", "not_https");
                check.Need(setting.Name != AccountSetting.Rate || value is null || AccountSetting.ReadRate(value) is not null, $"setting_{setting.Name}", "out_of_range");
                if (value is not null)
                    settings[setting.Name] = value;
            }
            check.Need(request.ServicePointId is null || await db.ServicePoints.AnyAsync(s => s.Id == request.ServicePointId, ct), "service_point", "unknown");
            check.Need(request.Languages.All(TextBook.Default.Supports), "languages", "unknown");
            check.Refuse();
            if (untyped && Provider(had) != Provider(settings))
                throw new RuleException("secrets_again"); // else a stored secret could be had by sending it to a host of one's own
            row.Settings = keys.Seal(JsonSerializer.Serialize(settings), "account");
            (row.CheckedAt, row.CheckFound) = (null, null); // what was said of the old ones
            (row.ServicePointId, row.Languages) = (request.ServicePointId, [.. request.Languages]);

            string? Provider(Dictionary<string, string> of) => (of.GetValueOrDefault(AccountSetting.Provider) ?? known.FirstOrDefault(s => s.Name == AccountSetting.Provider)?.Default)?.TrimEnd('/');
        }

        private static bool MayHoldSecrets(string address) =>
            Uri.TryCreate(address, UriKind.Absolute, out var url) && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback)) && (url.UserInfo + url.Query + url.Fragment).Length == 0;
    }
}
