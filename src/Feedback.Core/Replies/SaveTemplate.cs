using System.Text.RegularExpressions;
using Cea.Feedback.Intake;
using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.Texts;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Replies;

/// <summary>Asks for a template: a job creates it at the provider, asks for its approval and follows its state. One that the provider has already by this name is taken over.</summary>
public sealed partial record SaveTemplate(string AccountId, string Name, string Lang, string Purpose, string Category, string Body, IReadOnlyList<string> Places, Guid ClientId) : IWrite<int>
{
    public Right Needs => Right.ManageAccounts;

    public object? AuditDetail => new { account = AccountId, Name, Lang, Purpose };

    internal sealed class Handler(FeedbackDb db, ChannelKinds kinds, TimeProvider clock) : IRequestHandler<SaveTemplate, int>
    {
        public async Task<int> Handle(SaveTemplate request, CancellationToken ct)
        {
            var check = new FieldCheck();
            var account = await db.Accounts.FindAsync([request.AccountId], ct) ?? throw new RuleException("account_not_found");
            check.Need(kinds.Find(account.Kind) is IHasTemplates, "account", "no_templates");
            check.Need(Names().IsMatch(request.Name), "name", "template_name_wrong");
            check.Need(TextBook.Default.Supports(request.Lang), "lang", "unknown");
            check.OneOf(request.Purpose, MessageTemplate.Purposes, "purpose");
            check.OneOf(request.Category, MessageTemplate.Categories, "category");
            var body = check.Text(request.Body, "body", MessageTemplate.LongestBody);
            var places = request.Places.Select(p => p.Trim()).Where(p => p.Length > 0).ToArray();
            check.Need(MessageTemplate.PlacesOf(body) == places.Length, "places", "places_wrong");
            check.Need(places.All(p => p.Length <= 60), "places", "too_long");
            check.Need(request.Purpose == MessageTemplate.Reply ? !places.Contains(MessageTemplate.Text) : places.All(MessageTemplate.IsFilledIn), "places", "places_not_known");
            check.Need(!await db.Templates.AnyAsync(t => t.AccountId == request.AccountId && t.Name == request.Name && t.Lang == request.Lang, ct), "name", "taken");
            check.Refuse();
            var template = new MessageTemplate
            {
                AccountId = request.AccountId, Name = request.Name, Lang = request.Lang, Purpose = request.Purpose, Category = request.Category, Body = body, Places = places, CreatedAt = clock.GetUtcNow(),
            };
            db.Templates.Add(template);
            await db.SaveChangesAsync(ct);
            return template.Id;
        }
    }

    [GeneratedRegex("^[a-z][a-z0-9_]{0,39}$")]
    private static partial Regex Names();
}

/// <summary>All templates with the state of their approval, and the lines that take them.</summary>
public sealed record TemplatesShown(IReadOnlyList<MessageTemplate> Templates, IReadOnlyList<string> Accounts);

public sealed record TemplateList : IRead<TemplatesShown>
{
    public Right Needs => Right.ManageAccounts;

    internal sealed class Handler(FeedbackDb db, ChannelKinds kinds) : IRequestHandler<TemplateList, TemplatesShown>
    {
        public async Task<TemplatesShown> Handle(TemplateList request, CancellationToken ct)
        {
            var accounts = await db.Accounts.AsNoTracking().OrderBy(a => a.Id).Select(a => new { a.Id, a.Kind }).ToListAsync(ct);
            return new TemplatesShown(await db.Templates.AsNoTracking().OrderBy(t => t.AccountId).ThenBy(t => t.Name).ThenBy(t => t.Lang).ToListAsync(ct), [.. accounts.Where(a => kinds.Find(a.Kind) is IHasTemplates).Select(a => a.Id)]);
        }
    }
}
