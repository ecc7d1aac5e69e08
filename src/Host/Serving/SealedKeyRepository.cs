using System.Xml.Linq;
using Cea.Feedback.Storage;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace Cea.Host.Serving;

/// <summary>ASP.NET Core's keys for cookies and forms, sealed, in the database: every Host reads the same ones.</summary>
internal sealed class SealedKeyRepository(Databases databases, KeyRing keys) : IXmlRepository
{
    private const string Purpose = "data protection";

    public IReadOnlyCollection<XElement> GetAllElements()
    {
        using var command = databases.Pages.CreateCommand("select sealed from data_protection_key");
        using var reader = command.ExecuteReader();
        var elements = new List<XElement>();
        while (reader.Read())
            elements.Add(XElement.Parse(keys.OpenText((byte[])reader[0], Purpose)));
        return elements;
    }

    public void StoreElement(XElement element, string friendlyName)
    {
        using var command = databases.Pages.CreateCommand("insert into data_protection_key (id, sealed) values ($1, $2) on conflict (id) do update set sealed = excluded.sealed");
        command.Parameters.AddWithValue(friendlyName);
        command.Parameters.AddWithValue(keys.Seal(element.ToString(SaveOptions.DisableFormatting), Purpose));
        command.ExecuteNonQuery();
    }
}
