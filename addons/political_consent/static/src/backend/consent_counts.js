import {registry} from "@web/core/registry";
import {formatInteger} from "@web/views/fields/formatters";
import {standardFieldProps} from "@web/views/fields/standard_field_props";
import {useService} from "@web/core/utils/hooks";
import {user} from "@web/core/user";
import {Component, onWillStart} from "@odoo/owl";

/**
 * Who a mailing reaches and why the rest is held back, in words. Each number opens its people,
 * for those who may read consents.
 */
export class ConsentCounts extends Component {
    static template = "political_consent.ConsentCounts";
    static props = {...standardFieldProps};

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        this.mayOpen = false;
        onWillStart(async () => {
            this.mayOpen = await user.hasGroup("political_consent.group_consent_user");
        });
    }

    get rows() {
        return this.props.record.data[this.props.name] || [];
    }

    format(count) {
        return formatInteger(count);
    }

    async open(code) {
        await this.props.record.save();
        const {resModel, resId} = this.props.record;
        const action = await this.orm.call(resModel, "action_consent_list", [[resId], code]);
        await this.action.doAction(action);
    }
}

registry.category("fields").add("consent_counts", {
    component: ConsentCounts,
    supportedTypes: ["json", "jsonb"],
});
