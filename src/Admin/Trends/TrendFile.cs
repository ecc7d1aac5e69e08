using System.Globalization;
using System.Text;
using Cea.Admin.Shell;
using Cea.Feedback.Intake;
using Cea.Feedback.Trends;
using CsvHelper;
using CsvHelper.Configuration;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Cea.Admin.Trends;

/// <summary>The table as a file that may leave: class 0 only, small numbers floored ("&lt;10") and what would give them away withheld ("x"), S12. RFC 4180, UTF-8 with the mark that spreadsheets need.</summary>
internal static class TrendFile
{
    private static readonly CsvConfiguration Format = new(CultureInfo.InvariantCulture) { InjectionOptions = InjectionOptions.Escape, InjectionCharacters = ['=', '+', '-', '@', '\t', '\r'] };

    public static void MapTrendFile(this IEndpointRouteBuilder routes) => routes.MapGet("/trends.csv", WriteAsync);

    private static async Task<IResult> WriteAsync(HttpContext context, IMediator mediator, IntakeBoard board, TimeProvider clock, Words words)
    {
        var table = await mediator.Send(new Trend(TrendUrl.Read(context.Request.Query, TrendUrl.Today(board, clock), words.Codes), TrendUse.File), context.RequestAborted);
        var name = $"cea-trends-{TrendUrl.Name(table.Filter.By)}-{TrendUrl.Day(table.Filter.Period.From)}-{TrendUrl.Day(table.Filter.Period.To)}.csv";
        return Results.File(Encoding.UTF8.GetPreamble().Concat(Encoding.UTF8.GetBytes(Csv(table, new TrendNames(words), words))).ToArray(), "text/csv; charset=utf-8", name);
    }

    internal static string Csv(TrendTable table, TrendNames names, Words words)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        using (var csv = new CsvWriter(text, Format))
        {
            csv.WriteField(TrendUrl.Name(table.Filter.By));
            csv.WriteField(words[$"trends.by.{TrendUrl.Name(table.Filter.By)}"]);
            foreach (var bucket in table.Buckets)
                csv.WriteField(TrendNames.Iso(bucket));
            csv.WriteField(words["trends.total"]);
            if (table.Before is { } before)
                csv.WriteField(words.Format("trends.before_dates", TrendUrl.Day(before.From), TrendUrl.Day(before.To)));
            csv.NextRecord();
            foreach (var row in table.Rows)
                Write(csv, row, row.Key == TrendFilter.NoServicePoint ? "" : row.Key, names.Row(table.Filter.By, row.Key, row.Name));
            Write(csv, table.All, "", words[table.AllUnit == TrendUnit.Items ? "trends.all_items" : "trends.all_mentions"]);
        }
        return text.ToString();
    }

    private static void Write(CsvWriter csv, TrendRow row, string key, string label)
    {
        csv.WriteField(key);
        csv.WriteField(label);
        foreach (var count in row.Counts.Append(row.Total).Concat(row.Before is { } before ? [before] : []))
            csv.WriteField(count.N?.ToString(CultureInfo.InvariantCulture) ?? (count.Under ? $"<{Suppression.Floor}" : "x"));
        csv.NextRecord();
    }
}
