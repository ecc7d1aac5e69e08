using System.Globalization;
using Cea.Feedback.Items;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Cea.Admin.Items;

/// <summary>The filters as they stand in the address, so that a link shows the same list to whoever may see it.</summary>
public sealed class FilterFromUrl(IHttpContextAccessor http)
{
    private static readonly string[] Narrowing = ["topic", "type", "urgency", "status", "channel", "lang", "service_point", "q", "from", "to", "incomplete"];

    private IQueryCollection Query => http.HttpContext?.Request.Query ?? QueryCollection.Empty;

    public string Here => http.HttpContext is { } c ? c.Request.Path + c.Request.QueryString : "/items";

    public bool Narrowed => Narrowing.Any(n => One(n) is not null);

    public ItemFilter Filter => Of(Query);

    public static ItemFilter Of(IQueryCollection query)
    {
        string? One(string name) => query[name].ToString() is { Length: > 0 and <= 200 } value ? value : null;
        DateOnly? Day(string name) => DateOnly.TryParseExact(One(name), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : null;
        return new ItemFilter
        {
            View = One("view") ?? "open", Topic = One("topic"), Type = One("type"), Urgency = One("urgency"), Status = One("status"), Channel = One("channel"), Lang = One("lang"), ServicePoint = One("service_point"), Query = One("q"),
            From = Day("from"), To = Day("to"), Complete = One("incomplete") == "no", Sort = One("sort") ?? "due", TeamId = int.TryParse(One("team"), CultureInfo.InvariantCulture, out var team) ? team : null,
        };
    }

    /// <summary>This list with some parameters changed; null takes one away.</summary>
    public string With(params (string Name, string? Value)[] changes)
    {
        var parameters = Query.Where(p => changes.All(c => c.Name != p.Key) && p.Value.ToString().Length > 0).ToDictionary(p => p.Key, p => (string?)p.Value.ToString());
        foreach (var (name, value) in changes.Where(c => c.Value is not null))
            parameters[name] = value;
        return QueryHelpers.AddQueryString("/items", parameters);
    }

    private string? One(string name) => Query[name].ToString() is { Length: > 0 } value ? value : null;
}
