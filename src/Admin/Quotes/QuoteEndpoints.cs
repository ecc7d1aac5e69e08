using Cea.Admin.Settings;
using Cea.Feedback.Safeguarding;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Cea.Admin.Quotes;

/// <summary>What the list of quotes posts. A text is proposed on its item's page.</summary>
internal static class QuoteEndpoints
{
    public static void MapQuotes(this IEndpointRouteBuilder routes)
    {
        Posts.Map(routes, "/quotes", "approve", (form, key) => new ApproveQuote(Id(form, "item"), Id(form, "quote"), key));
        Posts.Map(routes, "/quotes", "refuse", (form, key) => new RefuseQuote(Id(form, "item"), Id(form, "quote"), key));
    }

    private static Guid Id(IFormCollection form, string field) => Guid.TryParse(form[field], out var id) ? id : Guid.Empty;
}
