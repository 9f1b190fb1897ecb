using System.Text.Json.Nodes;

namespace Octavo.Ec2.Http;

/// <summary>The shapes of an error: EC2's own, older one, that of STS and every later Query service, and that of services with JSON.</summary>
static class ErrorBody
{
    public static void Write(XmlBuffer xml, Ec2Failure failure, string service, string request)
    {
        if (service == "rbin")
        {
            xml.Json(new JsonObject { ["message"] = failure.Message });
            return;
        }
        if (service == "sts")
        {
            xml.Raw("<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error>"u8);
            xml.Element("Type"u8, failure.Status >= 500 ? "Receiver" : "Sender");
            xml.Element("Code"u8, failure.Code);
            xml.Element("Message"u8, failure.Message);
            xml.Raw("</Error>"u8);
            xml.Element("RequestId"u8, request);
            xml.Raw("</ErrorResponse>"u8);
            return;
        }
        xml.Raw("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error>"u8);
        xml.Element("Code"u8, failure.Code);
        xml.Element("Message"u8, failure.Message);
        xml.Raw("</Error></Errors>"u8);
        xml.Element("RequestID"u8, request);
        xml.Raw("</Response>"u8);
    }
}
